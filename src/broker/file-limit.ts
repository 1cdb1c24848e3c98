/**
 * The number of files that this process may have open: each connection is one, and so is everything else that
 * it opens.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Reserved for a master's other files: its trail, its resource file, pipes of local slaves. */
const KEPT_FREE = 32;

/** The limit that the system sets; Infinity if it is unknown. */
export function openFileLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(limit ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether a socket got one of the last files. The system assigns the lowest free number. */
export function isNearLimit(socket: Socket, limit: number): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return (handle?.fd ?? -1) >= limit - KEPT_FREE;
}
