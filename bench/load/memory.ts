/** The memory of a process, from /proc if there is one. */

import { existsSync, readFileSync } from 'node:fs';

/** Memory that the system can still give, as it estimates it; without such an estimate, no bound. */
export function availableBytes(): number {
  if (!existsSync('/proc/meminfo')) return Number.POSITIVE_INFINITY;
  return kilobytesOf('/proc/meminfo', /^MemAvailable:\s+(\d+) kB$/m) * 1024;
}

/** A process's own pages, and its part of those that it shares. */
export function proportionalBytes(pid: number): number {
  return kilobytesOf(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m) * 1024;
}

function kilobytesOf(path: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN);
}
