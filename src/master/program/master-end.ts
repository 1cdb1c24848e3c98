/** The reason why a master ends, and the error for its program. */

import { StoppedError } from '../../errors.js';
import { valueText } from '../../structures/value-text.js';
import { describeLeftovers, type Leftovers } from '../fates/leftovers.js';

export type MasterEnd =
  /** The master algorithm has come to its end. */
  | { readonly by: 'return' }
  | { readonly by: 'stop' }
  | { readonly by: 'signal'; readonly signal: NodeJS.Signals }
  /** The master algorithm threw, or there was an exception that nobody caught. */
  | { readonly by: 'error'; readonly error: unknown };

export function stoppedError(end: MasterEnd, leftovers: Leftovers): StoppedError {
  const { pending, untaken } = leftovers;
  return new StoppedError(`${how(end)} with ${describeLeftovers(leftovers)}`, {
    pending,
    untaken,
    signal: end.by === 'signal' ? end.signal : undefined,
    ...(end.by === 'error' ? { cause: end.error } : {}),
  });
}

function how(end: MasterEnd): string {
  switch (end.by) {
    case 'return':
      return 'the master algorithm returned';
    case 'stop':
      return 'the master was stopped by stop()';
    case 'signal':
      return `the master was stopped by ${end.signal}`;
    case 'error': {
      const { error } = end;
      const what = error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${valueText(error)}`;
      return `the master was stopped by an error (${what})`;
    }
    default:
      return end satisfies never;
  }
}
