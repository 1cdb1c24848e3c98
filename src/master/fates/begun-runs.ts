/** Finds out from results when first runs began, for an observer. */

import type { ResultEntry } from '../../wire/messages/entries.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { RunWatch } from '../model/run-watch.js';
import type { SlaveRecord } from '../model/slave-record.js';

interface CameTogether {
  readonly slave: SlaveRecord;
  /** The session in which the tasks were given. */
  readonly sid: number;
  readonly results: readonly ResultEntry[];
  readonly now: number;
}

/**
 * Call it before the results are taken. A slave that runs one task at a time has run these one after another until now;
 * with more places, each one until now. No task began before it was given.
 */
export function tellBegunRuns(
  watch: RunWatch,
  jar: TaskJar,
  { slave, sid, results, now }: CameTogether,
): void {
  let end = now;
  for (const [number, attempt, , micros] of results.toReversed()) {
    const begun = end - micros / 1_000;
    if (slave.slots === 1) end = begun;
    if (attempt !== 1) continue;
    const task = jar.find(number);
    const isRun = task?.group?.slave === slave && task.runsAs(sid, attempt);
    if (isRun) watch.began(number, Math.min(now, Math.max(begun, task.group.sentAt)));
  }
}
