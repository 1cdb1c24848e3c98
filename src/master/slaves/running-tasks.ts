/**
 * Which tasks run now, as far as the master knows. A slave begins its tasks in the order in which it got them, as many at
 * once as it may, so these are the first ones that have no result; those that had ended before its last beat are left
 * out, since their results are on their way. A task counts from the moment when it was given to a slave that is free
 * for it.
 */

import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

/** Each task once, also if two slaves run it. */
export function runningTasks(slaves: Iterable<SlaveRecord>): Set<Task> {
  const running = new Set<Task>();
  for (const slave of slaves) {
    for (const task of slave.goingOn) running.add(task);
    for (const task of runningOn(slave)) running.add(task);
  }
  return running;
}

/** Of one slave. Ordered tasks run one after another, and the tasks after one that waits wait too. */
export function* runningOn({ concurrency, groups, lingering, firstRunning }: SlaveRecord): Iterable<Task> {
  let before = 0;
  let orderedRuns = false;
  for (const task of groups.eachOpenTask()) {
    if (task.index < firstRunning) continue;
    const cancelled = lingering.filter(({ index }) => index < task.index).length;
    const isOrdered = task.addressee !== undefined;
    if (before + cancelled >= concurrency || (isOrdered && orderedRuns)) return;
    orderedRuns ||= isOrdered;
    before++;
    yield task;
  }
}
