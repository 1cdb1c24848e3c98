/**
 * Functions that travel: the program marks them, and their source and captures go over the wire. A source is
 * checked here, at the mark; the receiver compiles it at the first call.
 */
import { UsageError } from '../errors.js';
import { namesInSource } from './capture-names.js';
import { areSameCaptures, type Captures, checkCaptures } from './captures.js';
import { checkFree, type FunctionSource, sourceOf } from './function-source.js';

declare const portableBrand: unique symbol;

/** A function marked with `portable`, or the type of one that arrived: `F`, and known to travel. */
export type Portable<F> = F & {
  /** For the compiler only; no function has it. */
  readonly [portableBrand]: true;
};

interface Mark {
  readonly text: string;
  readonly captures: Captures | (() => Captures) | undefined;
  /** Undefined if the function has travelled: its sender has checked it. */
  readonly source: FunctionSource | undefined;
}

/** The marks of functions that were marked, or have travelled. */
const marks = new WeakMap<object, Mark>();

/**
 * Marks a function whose source may travel, as an argument or a result of a task, and returns it; the function itself
 * is not changed. The receiver compiles it at its first call, in strict mode: it sees its parameters, the globals
 * (`Math`, `process`, `await import('node:fs')`) and its captures, but nothing else of the module in which it was
 * written.
 *
 * `captures` are values by name, such as `{ x, y }`. For the receiver they are variables around the function: it may
 * assign to them, and what it does there changes nothing here, nor in another task. Their values travel as those of
 * arguments do, as they are at each submission. A function of captures is called at each submission, and the names of
 * `() => ({ x, y })` are checked at the mark. A call of the function here uses its own variables, not the captures.
 *
 * A marked function keeps its captures if it is marked again without any. Marked again with others, it stays as it is,
 * and `portable` returns another function that calls it and travels with those.
 *
 * Throws UsageError where the function is marked: for a variable that is none of its own, no global and no capture,
 * with its line and column; for `this`, `super` and `arguments` of what is around it; for captures with a key that
 * cannot name a variable; and for functions without a usable source: classes, methods in shorthand, built-in and bound
 * functions, algorithms, functions that are nested about a thousand deep. Names that only a call of the captures gives are checked at the submission.
 *
 * @example
 * const apply = defineAlgorithm('apply', (fn: (x: number) => number, x: number) => fn(x));
 * const power = 3;
 * apply.funcall(portable((x) => x ** power, { power }), 7);
 */
export function portable<F extends (...args: never[]) => unknown>(
  fn: F,
  captures?: Captures | (() => Captures),
): Portable<F> {
  if (typeof fn !== 'function') throw new UsageError(`portable() takes a function; got ${typeof fn}`);
  const before = marks.get(fn);
  const isOther =
    before !== undefined && captures !== undefined && !areSameCaptures(before.captures, captures);
  if (before !== undefined && !isOther) return fn as Portable<F>;
  const who = nameOf(fn);
  if (Object.hasOwn(fn, 'withTaskPolicy')) {
    throw new UsageError(`${who} is an algorithm, which every slave defines; call it there`);
  }
  const source = before === undefined ? sourceOf(fn, who) : before.source;
  const names = namesOf(captures, who);
  if (source !== undefined && names !== undefined) checkFree(source, names, who);
  const marked = isOther ? caller(fn) : fn;
  marks.set(marked, { text: source?.text ?? (before as Mark).text, captures, source });
  return marked as Portable<F>;
}

/** The source of a function that may travel. */
export function portableSource(value: unknown): string | undefined {
  return typeof value === 'function' ? marks.get(value)?.text : undefined;
}

/**
 * The captures with which a marked function travels now; undefined if it has none. Throws what its function of
 * captures throws, and UsageError if the result does not give what the function uses.
 */
export function capturesOf(fn: CallableFunction): Captures | undefined {
  const mark = marks.get(fn);
  if (mark?.captures === undefined) return undefined;
  const captures: unknown =
    typeof mark.captures === 'function' ? mark.captures.call(undefined) : mark.captures;
  const who = nameOf(fn);
  checkCaptures(captures, who);
  if (mark.source !== undefined) checkFree(mark.source, Object.keys(captures), who);
  return captures;
}

/** Marks a function that came over the wire, so that it may travel further. */
export function markReceived(fn: object, text: string, captures: Captures | undefined): void {
  marks.set(fn, { text, captures, source: undefined });
}

function nameOf(fn: { readonly name: string }): string {
  return fn.name === '' ? 'this function' : `the function ${fn.name}`;
}

/** Undefined if only a call gives them. */
function namesOf(captures: unknown, who: string): readonly string[] | undefined {
  if (captures === undefined) return [];
  if (typeof captures === 'function') return namesInSource(captures as () => unknown);
  checkCaptures(captures, who);
  return Object.keys(captures);
}

/** Of functions that were made for other captures, those that they call: a call would be as deep as the marks otherwise. */
const called = new WeakMap<CallableFunction, CallableFunction>();

function caller<F extends CallableFunction>(fn: F): CallableFunction {
  const target = called.get(fn) ?? fn;
  const calling = function (this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(target, this, args);
  };
  Object.defineProperty(calling, 'name', { value: fn.name, configurable: true });
  called.set(calling, target);
  return calling;
}
