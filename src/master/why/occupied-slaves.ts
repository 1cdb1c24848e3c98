/** The tasks that slaves have, and why a slave has no room for another: looked at for answers, and never changed. */

import type { TaskObstacle } from '../../audit/why/slave-obstacle.js';
import type { OccupiedSlave, OccupiedSlaves, TaskAtSlave } from '../../audit/why/task-why.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { lookForObstacle } from '../dispatch/obstacles.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { runningOn } from '../slaves/running-tasks.js';

/** The limits of an answer. */
export const MOST_LISTED = 10;
/** Tasks before one, as far as they are counted. */
const MOST_BEFORE = 100_000;

/** A slave that could run a task; without an obstacle it has room. */
export interface Candidate {
  readonly slave: SlaveRecord;
  readonly obstacle: TaskObstacle | undefined;
}

interface Place {
  readonly jar: TaskJar;
  readonly dispatcher: Pick<Dispatcher, 'reserved' | 'isResting'>;
}

/** The slaves that may run a queued task: its own, or those that work and take unordered tasks. */
export function candidatesOf(task: Task, slaves: Iterable<SlaveRecord>, place: Place): Candidate[] {
  const may =
    task.addressee === undefined
      ? [...slaves].filter((slave) => slave.isWorking && slave.takesUnordered)
      : [task.addressee];
  return may.map((slave) => ({ slave, obstacle: obstacleFor(task, slave, place) }));
}

function obstacleFor(task: Task, slave: SlaveRecord, place: Place): TaskObstacle | undefined {
  const { jar, dispatcher } = place;
  const obstacle = lookForObstacle(slave);
  if (obstacle !== undefined || task.addressee !== undefined) return obstacle;
  if (slave.hasMail) return 'mail-first';
  if (task.suspect) return slave.outstanding > 0 ? 'full' : undefined;
  if (dispatcher.reserved === slave) return 'reserved';
  if (jar.staged.has(slave)) return 'fetching';
  if (dispatcher.isResting(slave)) return 'resting';
  // A task of a strict queue that comes first keeps slaves from getting more than they can begin
  return jar.queues.ready > 0 && slave.outstanding >= slave.slots ? 'full' : undefined;
}

/** The occupied ones of a task's candidates. */
export function occupiedSlaves(
  task: Task,
  candidates: readonly Candidate[],
  jar: TaskJar,
  now: number,
): OccupiedSlaves {
  const occupied = candidates.filter(({ obstacle }) => obstacle !== undefined);
  return {
    slaves: occupied.slice(0, MOST_LISTED).map((candidate) => occupiedSlave(candidate, now)),
    more: Math.max(0, occupied.length - MOST_LISTED),
    only: task.addressee?.sid,
    before: jar.countBefore(task, MOST_BEFORE),
  };
}

function occupiedSlave({ slave, obstacle }: Candidate, now: number): OccupiedSlave {
  const { sid, suspicion: evidence } = slave;
  return { sid, obstacle: obstacle as TaskObstacle, ...tasksAt(slave, now), evidence };
}

/** The tasks that a slave runs, as far as its master knows, and the number of those that it has not begun. */
export function tasksAt(
  slave: SlaveRecord,
  now: number,
): { readonly runs: readonly TaskAtSlave[]; readonly waiting: number } {
  const running = [...runningOn(slave)];
  const ended = slave.openTasks().filter(({ index }) => index < slave.firstRunning).length;
  return {
    runs: running.slice(0, MOST_LISTED).map((task) => atSlave(task, now)),
    waiting: Math.max(0, slave.outstanding - running.length - ended),
  };
}

function atSlave({ id, algorithm, group }: Task, now: number): TaskAtSlave {
  const givenSeconds = secondsSince(group?.sentAt ?? now, now);
  return { taskId: id, algorithm: algorithm.definition.name, givenSeconds };
}

export function secondsSince(at: number, now: number): number {
  return Math.max(0, now - at) / 1_000;
}
