/**
 * Notices that a stub was handed to `Array.map` or its kin, which pass the index and the array too.
 *
 * The rule asks the stack and not the function's source: an algorithm's `length` leaves out defaults
 * and rest parameters, so how many arguments it takes cannot be known without parsing. A call counts
 * as `Array.map`'s when it has exactly an element, its index and its array, and the frame that made it
 * is a built-in function; a call that the program writes itself is therefore never mistaken for one.
 * An algorithm that declares three parameters or more (before any with a default) takes them all, as
 * its types promise. The callbacks of libraries, which look like any other caller, are not noticed.
 */

import { UsageError } from '../errors.js';
import { callSiteOf, isBuiltIn } from './call-site.js';

type Stub = (...args: never[]) => unknown;

/** Throws when `args` are what `Array.map` passes. Call only with three arguments, from `stub` itself. */
export function refuseArrayCallback(name: string, fn: Stub, args: readonly unknown[], stub: Stub): void {
  if (fn.length >= 3 || !looksLikeArrayCallback(args) || !isCalledByArray(stub)) return;
  throw new UsageError(
    `${name} was given to Array.map or a function like it, which passes the index and the array too; ` +
      `write .map((item) => ${name}(item))`,
  );
}

/**
 * What a submitter made for mapping takes from `Array.map`'s arguments. One instance a submitter: it
 * remembers how far which list was mapped, so that the stack is asked once a list: asking costs more
 * than all the rest of a submission. The next element of that list is taken on trust.
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

  /** The element alone when `args` are what `Array.map` passes, else `args`. */
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

  /** Forgets a list at its end, so that a submitter which is kept does not keep the list. */
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

/** Where the stack tells nothing (`Error` is frozen), the arguments' looks decide alone. */
function isCalledByArray(stub: Stub): boolean {
  const site = callSiteOf(stub);
  return site === undefined || isBuiltIn(site);
}
