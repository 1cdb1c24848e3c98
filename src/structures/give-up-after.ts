/**
 * Gives up what another thread, process or machine has not done in time. A time in which this thread stood still hardly
 * counts, and what has come meanwhile is read before.
 */

import { whenRead } from './when-read.js';

/** Parts of the time, one timer after another: a stall of any length ends one of them. */
const PARTS = 4;

/** Calls `giveUp` after this time of a thread that turns, unless the returned function is called before. */
export function giveUpAfter(limitMs: number, giveUp: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const wait = (parts: number): void => {
    timer = setTimeout(
      () =>
        whenRead(() => {
          if (isOver) return;
          if (parts > 1) wait(parts - 1);
          else giveUp();
        }),
      limitMs / PARTS,
    );
  };
  wait(PARTS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
