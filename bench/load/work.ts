/** The algorithm that the load is made of; in a file of its own, since raw slaves run it too. */

import { defineAlgorithm } from '../../src/index.js';

/** The packet of a task: its number, how much it was sent, and as many bytes as it was asked for. */
export type Worked = readonly [number: number, received: number, data?: Uint8Array];

/** Far more than a storm of slaves brings one task: each must end well in the end. */
const MOST_ATTEMPTS = 1_000;

export const work = defineAlgorithm(
  'work',
  async (number: number, text: string, resultBytes: number, ms: number): Promise<Worked> => {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if (resultBytes === 0) return [number, text.length];
    return [number, text.length, new Uint8Array(resultBytes).fill(markOf(number))];
  },
  { policy: { maxAttempts: MOST_ATTEMPTS } },
);

/** The byte that the result of a task is filled with. */
export function markOf(number: number): number {
  return number & 0xff;
}
