/** Checks the options objects that a program gives to calls: one with a misspelt name would have no effect, and no word of it. */

import { UsageError } from '../errors.js';
import { givenText } from './value-text.js';

/** Throws UsageError for anything but an object of options that `subject`, such as a call, knows. */
export function checkOptionNames(
  subject: string,
  options: unknown,
  known: readonly string[],
): asserts options is object {
  checkOptionsObject(subject, options, known);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new UsageError(`${subject} has no option ${JSON.stringify(key)}; it may have ${known.join(', ')}`);
  }
}

/** Throws UsageError for anything but an object; `examples` are names of its options. */
export function checkOptionsObject(
  subject: string,
  options: unknown,
  examples: readonly string[],
): asserts options is object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new UsageError(
    `the options of ${subject} are an object of ${examples.join(', ')}; got ${shown(options)}`,
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'function' ? 'a function' : givenText(value);
}
