/**
 * Functions that travel: the program marks them, their source goes over the wire, and what arrives
 * compiles it when it is first called, so that decoding runs nothing that a peer sent.
 */
import { UsageError } from '../../errors.js';

/** Of a function that was marked, or has travelled. */
const sources = new WeakMap<object, string>();

/**
 * Marks a function whose source may travel, as an argument or a result of a task, and returns it; the
 * function itself is not changed. There it is compiled anew when it is first called, in strict mode and
 * in the global scope: it sees its parameters, the globals (`Math`, `process`, `await import('node:fs')`)
 * and nothing of the module that it was written in. What it needs besides is sent along as arguments.
 *
 * Throws UsageError for what has no source of its own: classes, methods in shorthand, built-in and bound
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
    // Parses it, and no more
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

/** The function of a source that came over the wire. It may travel on. */
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
  // The name of the file that a stack shows
  const file = `portable:${name.replace(/\W/g, '') || 'function'}`;
  const compiled: unknown = new Function(`${wrapped(source)}\n//# sourceURL=${file}`)();
  if (typeof compiled === 'function') return compiled as (...args: unknown[]) => unknown;
  throw new UsageError(`what came as the function ${name} is none`);
}

/** On lines of its own, since a source may end in a comment. */
function wrapped(source: string): string {
  return `'use strict'; return (\n${source}\n);`;
}
