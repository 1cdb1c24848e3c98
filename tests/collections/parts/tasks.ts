/** Tasks of the tests of parts, which tell which of them ran: they are computed in the process of the test. */
import { defineAlgorithm } from '../../../src/algorithms/define-algorithm.js';
import { FinalError } from '../../../src/errors.js';

/** Elements whose runs have begun, in their order. */
export const runs: number[] = [];

/** Throws in the first run of the number 3. */
export const flaky = defineAlgorithm('parts.flaky', (n: number) => {
  runs.push(n);
  if (n === 3 && runs.filter((run) => run === n).length === 1)
    throw Object.assign(new RangeError('not yet'), { seconds: 0 });
  return n;
});

/** Throws what is not repeated for the number 2. */
export const never = defineAlgorithm('parts.never', (n: number) => {
  runs.push(n);
  if (n === 2) throw new FinalError('never');
  return n;
});

/** May run seven times. */
export const patient = defineAlgorithm('parts.patient', (n: number) => n, { policy: { maxAttempts: 7 } });

export const square = defineAlgorithm('parts.square', (n: number) => n * n);
export const join = defineAlgorithm('parts.join', (a: string, b: string) => a + b);
export const isEven = defineAlgorithm('parts.isEven', (n: number) => n % 2 === 0);

export interface Card {
  readonly rank: number;
  readonly text: string;
}

export const byRank = defineAlgorithm('parts.byRank', (a: Card, b: Card) => a.rank - b.rank);
export const byNumber = defineAlgorithm('parts.byNumber', (a: number, b: number) => a - b);
export const rankOf = defineAlgorithm('parts.rankOf', (card: Card) => card.rank);

/** Of no use for another run. */
export const passing = defineAlgorithm('parts.passing', (n: number) => n, { checkpoint: false });
