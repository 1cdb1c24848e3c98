/** The task that does nothing, and its round trips. */

import { defineAlgorithm, type MasterHandle } from '../../src/index.js';
import { type Measured, timeRounds } from './commands.js';

export const noOp = defineAlgorithm('no-op', (n: number) => n);

/** One at a time, by `funcall` and the iteration of results. */
export function timeFuncalls(master: MasterHandle, rounds: number): Promise<Measured> {
  const results = master.results(noOp);
  return timeRounds(rounds, async (round) => {
    noOp.funcall(round);
    const { value } = await results.next();
    if (value?.status !== 'ok') throw new Error('a round trip brought no result');
  });
}
