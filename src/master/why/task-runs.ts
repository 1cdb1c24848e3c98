/** The runs of a task that have ended, and its fate, as answers tell them. */

import type { EndedFacts, EndedRun } from '../../audit/why/task-why.js';
import type { Task } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';

const MOST_RUNS = 100;
const MOST_CHARACTERS = 1_000;

/** The last ones. */
export function failedRuns({ history = [] }: Task): EndedRun[] {
  return history.slice(-MOST_RUNS).map(({ sid, attempt, seconds, evidence: ended, doubtful, at }) => {
    return { sid, attempt, seconds, ended, doubtful, at: at === 0 ? undefined : at };
  });
}

/** Also the run that made its fate, if one did. */
export function allRuns(fate: TaskFate): EndedRun[] {
  const task = TaskFate.taskOf(fate);
  const failed = task === undefined ? [] : failedRuns(task);
  if (fate.status === 'unrunnable') return failed;
  const { sid, attempts: attempt, computeTime: seconds } = fate;
  const ended = fate.status === 'ok' ? 'it returned' : `it threw ${errorOf(fate)}`;
  return [...failed, { sid, attempt, seconds, ended, doubtful: false, at: undefined }].slice(-MOST_RUNS);
}

export function endedFacts(fate: TaskFate): EndedFacts {
  const { status, reason } = fate;
  return status === 'ok' ? { status } : { status, ...(reason && { reason }), error: errorOf(fate) };
}

function errorOf({ error }: TaskFate): string {
  return `${error?.name}: ${error?.message}`.slice(0, MOST_CHARACTERS);
}
