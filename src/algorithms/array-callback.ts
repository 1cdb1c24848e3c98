/**
 * Notices that a stub was passed to `Array.map` or a similar method, which also passes the index and the
 * array.
 *
 * The rule looks at the stack, not at the function's source: an algorithm's `length` leaves out defaults and
 * rest parameters, so the number of its arguments is not known without parsing. A call counts as
 * `Array.map`'s when it has exactly an element, its index and its array, and when its caller is a built-in
 * function. So a call that the program itself writes is never mistaken for one. An algorithm that declares
 * three or more parameters (before any with a default) takes all of them, as its types promise. Callbacks of
 * libraries look like any other caller and are not noticed.
 */

import { UsageError } from '../errors.js';
import { callSiteOf, isBuiltIn } from './call-site.js';

type Stub = (...args: never[]) => unknown;

/**
 * Throws when `args` are the arguments that `Array.map` passes. Call it only with three arguments, from
 * `stub` itself.
 */
export function refuseArrayCallback(name: string, fn: Stub, args: readonly unknown[], stub: Stub): void {
  if (fn.length >= 3 || !looksLikeArrayCallback(args) || !isCalledByArray(stub)) return;
  throw new UsageError(
    `${name} was given to Array.map or a function like it, which passes the index and the array too; ` +
      `write .map((item) => ${name}(item))`,
  );
}

/**
 * Selects the arguments of a submitter from those of `Array.map`. Each submitter has its own instance, which
 * remembers the list and how far it was mapped. So it looks at the stack once per list: this costs more than
 * the rest of a submission. The next element of that list is trusted.
 */
export class ArrayCallbackArguments {
  readonly #name: string;
  readonly #fn: Stub;
  #list: unknown;
  #nextIndex = 0;

  constructor(name: string, fn: Stub) {
    this.#name = name;
    this.#fn = fn;
  }

  /** Only the element when `args` are those of `Array.map`, otherwise `args`. */
  take(args: readonly unknown[], stub: Stub): readonly unknown[] {
    if (this.#fn.length >= 3 || !looksLikeArrayCallback(args)) return args;
    const index = args[1];
    if ((args[2] !== this.#list || index !== this.#nextIndex) && !isCalledByArray(stub)) return args;
    if (this.#fn.length === 2) {
      throw new UsageError(
        `${this.#name} was mapped over a list, and the algorithm takes two parameters; write ` +
          '.map((item) => submit(item)) or .map((item, index) => submit(item, index)), whichever is meant',
      );
    }
    this.#remember(args[2] as ArrayLike<unknown>, index as number);
    return [args[0]];
  }

  /** Forgets a list at its end, so that a submitter that is kept does not keep the list. */
  #remember(list: ArrayLike<unknown>, index: number): void {
    const ended = index + 1 >= list.length;
    this.#list = ended ? undefined : list;
    this.#nextIndex = index + 1;
  }
}

function looksLikeArrayCallback(args: readonly unknown[]): boolean {
  const [element, index, list] = args;
  if (typeof index !== 'number' || !(Array.isArray(list) || ArrayBuffer.isView(list))) return false;
  return Object.is((list as unknown as ArrayLike<unknown>)[index], element);
}

/** If the stack is not available (`Error` is frozen), only the arguments decide. */
function isCalledByArray(stub: Stub): boolean {
  const site = callSiteOf(stub);
  return site === undefined || isBuiltIn(site);
}
