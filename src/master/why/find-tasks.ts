/** Finds tasks that have no fate yet, for people who look for some. Looks at 20,000 tasks at most, and changes none. */

import type { DescribedTask } from '../../audit/why/described-task.js';
import type { Task } from '../model/task.js';

/** Tasks to look for: both must fit. */
export interface TaskSearch {
  /** A state such as `queued`; empty for any but `ended`. */
  readonly state: string;
  /** A part of an id, of an algorithm's name, of a state or of a tag, without regard to case; empty for any. */
  readonly text: string;
}

export interface FoundTask extends DescribedTask {
  /** Its arguments as they were encoded. */
  readonly text: string;
}

export interface FoundTasks {
  readonly tasks: readonly FoundTask[];
  /** Tasks that were not looked at, or are beyond the limit. */
  readonly more: number;
}

const MOST_LOOKED_AT = 20_000;
const MOST_FOUND = 100;
const MOST_TAG = 100;

export function findTasks(tasks: Iterable<Task>, size: number, { state, text }: TaskSearch): FoundTasks {
  const wanted = text.toLowerCase();
  const found: FoundTask[] = [];
  let looked = 0;
  let more = 0;
  for (const task of tasks) {
    if (++looked > MOST_LOOKED_AT) break;
    if (state !== '' && task.state !== state) continue;
    if (wanted !== '' && !textOf(task).includes(wanted)) continue;
    if (found.length < MOST_FOUND) found.push(describeTask(task));
    else more++;
  }
  return { tasks: found, more: more + Math.max(0, size - MOST_LOOKED_AT) };
}

export function describeTask(task: Task): FoundTask {
  const { id, state, attempt, bytes, text, group } = task;
  const algorithm = task.algorithm.definition.name;
  return { taskId: id, algorithm, state, attempt, tag: tagOf(task), sid: group?.slave.sid, bytes, text };
}

function textOf(task: Task): string {
  return `${task.id} ${task.algorithm.definition.name} ${task.state} ${tagOf(task) ?? ''}`.toLowerCase();
}

function tagOf({ policy: { tag } }: Task): string | undefined {
  return typeof tag === 'string' || typeof tag === 'number' ? String(tag).slice(0, MOST_TAG) : undefined;
}
