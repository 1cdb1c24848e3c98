/** Functions that came over the wire: nothing of a peer runs before their first call, which compiles them. */
import type { Captures } from '../../algorithms/captures.js';
import { wrapped } from '../../algorithms/parse-function.js';
import { markReceived } from '../../algorithms/portable.js';
import { isStackOverflow } from '../../algorithms/stack-overflow.js';
import { UsageError } from '../../errors.js';

type Compiled = (...args: unknown[]) => unknown;

/** The function of a source. It may travel further. Captures may be filled in until its first call. */
export function functionOf(source: string, name: string, captures?: Captures): object {
  let compiled: Compiled | undefined;
  const fn = function (this: unknown, ...args: unknown[]): unknown {
    compiled ??= compile(source, name, captures);
    return compiled.apply(this, args);
  };
  Object.defineProperty(fn, 'name', { value: name, configurable: true });
  markReceived(fn, source, captures);
  return fn;
}

function compile(source: string, name: string, captures: Captures = {}): Compiled {
  // The name of the file in a stack
  const file = `portable:${name.replace(/\W/g, '') || 'function'}`;
  const variables = new Map<string, unknown>(nameKeepers(source));
  for (const key of Object.keys(captures)) variables.set(key, captures[key]);
  const text = `${wrapped(source)}\n//# sourceURL=${file}`;
  const compiled: unknown = made([...variables.keys(), text], name)(...variables.values());
  if (typeof compiled === 'function') return compiled as Compiled;
  throw new UsageError(`the text received as function ${name} is not a function`);
}

function made(texts: readonly string[], name: string): CallableFunction {
  try {
    return new Function(...texts);
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    throw new UsageError(
      `the function ${name} is nested too deep to be compiled with the stack that is left here; split it into several functions`,
      { cause: error },
    );
  }
}

/** The functions, such as `__name`, that compilers which keep names call for each inner function. */
function nameKeepers(source: string): Array<[string, unknown]> {
  return Array.from(source.matchAll(/\b__name\d*\b/g), ([name]) => [name, setName]);
}

function setName(target: object, value: string): object {
  return Object.defineProperty(target, 'name', { value, configurable: true });
}
