/**
 * Why a slave has no room for more tasks. The dispatcher asks in two steps, since the second counts only for a slave
 * whose window is to be filled, and the window notes that it was asked.
 */

import type { SlaveObstacle } from '../../audit/why/slave-obstacle.js';
import type { SlaveRecord } from '../model/slave-record.js';

/** The limit of bytes that wait in a session. Keep it small: tasks assigned late go to the fastest slave. */
const MOST_WAITING_BYTES = 64 * 1024;
/** Both ends keep a word for each task under way, 65,536 of them; a group may have half of that. */
const MOST_OUTSTANDING = 32_768;

export function findObstacle(slave: SlaveRecord): SlaveObstacle | undefined {
  if (!slave.isWorking) return 'not-joined';
  if (slave.isSuspected) return 'suspected';
  if (slave.mayEnd) return 'may-end';
  if (slave.farewell !== undefined) return 'leaving';
  if (slave.slots <= 0) return 'cancelled-runs';
  if (slave.isAlone) return 'runs-alone';
  if (slave.commands.recalling !== undefined) return 'asked-back';
  return slave.outstanding < MOST_OUTSTANDING ? undefined : 'full';
}

export function findSessionObstacle({ session }: SlaveRecord): SlaveObstacle | undefined {
  if (session.waitingBytes > MOST_WAITING_BYTES) return 'unsent';
  return session.spareCredit > 0 ? undefined : 'no-credit';
}

/** Both, and the window, without a note. */
export function lookForObstacle(slave: SlaveRecord): SlaveObstacle | undefined {
  return findObstacle(slave) ?? findSessionObstacle(slave) ?? (slave.isFilling ? undefined : 'full');
}
