/** The present work of slaves, for people who look at all of them: asked only while somebody looks, and never changed. */

import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { runningOn } from '../slaves/running-tasks.js';
import { secondsSince } from './occupied-slaves.js';

export interface RunAtWork {
  readonly taskId: string;
  readonly algorithm: string;
  /** How long it has run, within about a second. */
  readonly seconds: number;
}

export interface SlaveAtWork {
  readonly sid: string;
  /** Tasks given to it that have no fate yet. */
  readonly tasks: number;
  /** It leaves once it has run what it has begun. */
  readonly isDraining: boolean;
  /** As of its last beat. */
  readonly memoryBytes: number | undefined;
  /** The share of one core that its process took before that beat: 2 is two cores. */
  readonly processorShare: number | undefined;
  /** Since that beat; undefined before the first. */
  readonly beatSeconds: number | undefined;
  /** The first few. */
  readonly runs: readonly RunAtWork[];
}

const MOST_RUNS = 4;

/** `most` is the limit of their number; they are those from a place in their order on. */
export function slavesAtWork(
  slaves: Iterable<SlaveRecord>,
  isRetiring: (slave: SlaveRecord) => boolean,
  from: number,
  most: number,
  now: number,
): SlaveAtWork[] {
  const found: SlaveAtWork[] = [];
  let place = 0;
  for (const slave of slaves) {
    if (place++ < from) continue;
    if (found.length >= most) break;
    found.push({ ...atWork(slave, now), isDraining: isRetiring(slave) });
  }
  return found;
}

function atWork(slave: SlaveRecord, now: number): Omit<SlaveAtWork, 'isDraining'> {
  const { sid, outstanding: tasks, beat } = slave;
  const runs: RunAtWork[] = [];
  for (const task of runningOn(slave)) {
    runs.push({
      taskId: task.id,
      algorithm: task.algorithm.definition.name,
      seconds: secondsOf(task, slave, now),
    });
    if (runs.length >= MOST_RUNS) break;
  }
  const beatSeconds = beat && secondsSince(beat.at, now);
  const percent = beat?.processorPercent;
  const processorShare = percent === undefined ? undefined : percent / 100;
  return { sid, tasks, memoryBytes: beat?.memoryBytes, processorShare, beatSeconds, runs };
}

/** One that the last beat does not have began after it, and one that was given later still later. */
function secondsOf({ index, group }: Task, { beat }: SlaveRecord, now: number): number {
  const given = secondsSince(group?.sentAt ?? now, now);
  if (beat === undefined) return given;
  const sinceBeat = secondsSince(beat.at, now);
  return beat.running === index ? (beat.runningMs ?? 0) / 1_000 + sinceBeat : Math.min(given, sinceBeat);
}
