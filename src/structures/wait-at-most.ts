/** Waits for promises that may never settle. */

import { giveUpAfter } from './give-up-after.js';

/** Resolves when the promise does, or after this time; the timer keeps a process alive. */
export async function waitAtMost(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let stopWaiting = (): void => {};
  const late = new Promise<void>((resolve) => {
    stopWaiting = giveUpAfter(limitMs, resolve);
  });
  await Promise.race([promise, late]).finally(stopWaiting);
}
