/**
 * How long a machine that fails is left alone before it is tried again: 1 s at first, doubled up to a minute. A standing
 * server serves several masters, which all dial it when it comes back: at most 15 s, and half of it at random.
 */

import type { MachineView } from './machine.js';

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const LONGEST_FOR_SERVER_MS = 15_000;

/** `failures` are those in a row, this one included; `random` is from 0 to 1. */
export function retryDelayMs(kind: MachineView['kind'], failures: number, random: number): number {
  const longest = kind === 'server' ? LONGEST_FOR_SERVER_MS : LONGEST_MS;
  const ms = Math.min(longest, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return kind === 'server' ? ms * (0.5 + random / 2) : ms;
}
