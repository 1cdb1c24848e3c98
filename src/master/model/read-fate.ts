/** Makes a task's fate from a slave's report of its run. */

import { FormatError, TaskError, type TaskRun } from '../../errors.js';
import { RESULT_STATUS, type ResultEntry } from '../../wire/messages/entries.js';
import { decodeValue } from '../../wire/values/codec.js';
import { decodeError } from '../../wire/values/remote-error.js';
import type { Task } from './task.js';
import { TaskFate } from './task-fate.js';

/** A malformed entry spoils only its own task. */
export function readFate(
  task: Task,
  sid: number,
  entry: ResultEntry,
  raws: readonly Uint8Array[],
  seconds: number,
  bytes: number,
): TaskFate {
  const attempt = entry[1];
  const json = entry[4];
  const meta = entry[5];
  try {
    if (entry[2] === RESULT_STATUS.packet)
      return TaskFate.ok(task, sid, decodeValue(json, meta, raws, functionsOf(task)), seconds, bytes);
    return TaskFate.failed(
      task,
      sid,
      new TaskError(decodeError(json, meta, raws), runOf(task, sid, attempt)),
      seconds,
      bytes,
    );
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { name, message, stack } = error;
    return TaskFate.failed(
      task,
      sid,
      new TaskError({ name, message, stack, fields: {} }, runOf(task, sid, attempt)),
      seconds,
      bytes,
    );
  }
}

function runOf(task: Task, sid: number, attempt: number): TaskRun {
  return { ...task.identity, sid: `SLAVE-${sid}`, attempt };
}

/** A slave must not make the master run its code, unless the program allows such results. */
export function functionsOf({ subject }: Task): 'allowed' | 'refused' {
  return subject.functionsInResults ? 'allowed' : 'refused';
}
