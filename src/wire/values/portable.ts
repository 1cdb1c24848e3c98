/**
 * Functions that travel: the program marks them, their source goes over the wire, and the receiver compiles
 * it at the first call. So decoding runs no code of a peer.
 */
import { UsageError } from '../../errors.js';

/** The source of a function that was marked, or has travelled. */
const sources = new WeakMap<object, string>();

/**
 * Marks a function whose source may travel, as an argument or a result of a task, and returns it; the
 * function itself is not changed. The receiver compiles it at its first call, in strict mode and in the
 * global scope: it sees its parameters and the globals (`Math`, `process`, `await import('node:fs')`), but
 * nothing of the module in which it was written. Send everything else that it needs as arguments.
 *
 * Throws UsageError for functions without a usable source: classes, methods in shorthand, built-in and bound
 * functions, algorithms.
 *
 * @example
 * const apply = defineAlgorithm('apply', (fn: (x: number) => number, x: number) => fn(x));
 * apply.funcall(portable((x) => x ** 2), 7);
 */
export function portable<F extends (this: never, ...args: never[]) => unknown>(fn: F): F {
  if (typeof fn !== 'function') throw new UsageError(`portable() takes a function; got ${typeof fn}`);
  if (sources.has(fn)) return fn;
  const name = fn.name === '' ? 'this function' : `the function ${fn.name}`;
  if (Object.hasOwn(fn, 'withTaskPolicy')) {
    throw new UsageError(`${name} is an algorithm, which every slave defines; call it there`);
  }
  const source = Function.prototype.toString.call(fn);
  if (/^class\b/.test(source)) throw new UsageError(`${name} is a class, and only functions are portable`);
  try {
    // Only parses it
    new Function(wrapped(source));
  } catch (cause) {
    throw new UsageError(
      `${name} cannot be compiled from its source, as that of methods, built-in and bound functions; ` +
        'write portable((x) => ...) or portable(function (x) { ... })',
      { cause },
    );
  }
  sources.set(fn, source);
  return fn;
}

/** The source of a function that may travel. */
export function portableSource(value: unknown): string | undefined {
  return typeof value === 'function' ? sources.get(value) : undefined;
}

/** The function of a source that came over the wire. It may travel further. */
export function functionOf(source: string, name: string): object {
  let compiled: ((...args: unknown[]) => unknown) | undefined;
  const fn = function (this: unknown, ...args: unknown[]): unknown {
    compiled ??= compile(source, name);
    return compiled.apply(this, args);
  };
  Object.defineProperty(fn, 'name', { value: name, configurable: true });
  sources.set(fn, source);
  return fn;
}

function compile(source: string, name: string): (...args: unknown[]) => unknown {
  // The name of the file in a stack
  const file = `portable:${name.replace(/\W/g, '') || 'function'}`;
  const compiled: unknown = new Function(`${wrapped(source)}\n//# sourceURL=${file}`)();
  if (typeof compiled === 'function') return compiled as (...args: unknown[]) => unknown;
  throw new UsageError(`the text received as function ${name} is not a function`);
}

/** On lines of its own, since a source may end in a comment. */
function wrapped(source: string): string {
  return `'use strict'; return (\n${source}\n);`;
}
