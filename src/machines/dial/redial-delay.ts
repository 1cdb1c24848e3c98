/** How long a master waits before it dials a server again: 1 s at first, doubled up to 15 s, and half of it at random. */

const FIRST_MS = 1000;
const LONGEST_MS = 15_000;

/** `failures` are those in a row, this one included; `random` is from 0 to 1. */
export function redialDelayMs(failures: number, random: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return most * (0.5 + random / 2);
}
