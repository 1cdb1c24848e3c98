/** How often a master beats for slaves that have nothing to do. */

import { BEAT_INTERVAL_MS } from '../../wire/messages/messages.js';

/** Processor time for beats of many slaves at rest is that of this many at the usual interval. */
const AS_MANY_AS = 25;
/** Of the timeout: a few beats may be missed before a silence has lasted. */
const MOST_OF_TIMEOUT = 1 / 8;

const LONGEST_REST_MS = 4_500;

/** Milliseconds, for a master that watches `peers` slaves. */
export function restIntervalMs(peers: number, clientTimeoutMs: number): number {
  const shared = (peers / AS_MANY_AS) * BEAT_INTERVAL_MS;
  const most = Math.min(LONGEST_REST_MS, Math.max(BEAT_INTERVAL_MS, clientTimeoutMs * MOST_OF_TIMEOUT));
  return Math.round(Math.min(Math.max(shared, BEAT_INTERVAL_MS), most));
}
