/** Puts an answer about a task without a fate together: the compiler checks that state and facts fit the reason. */

import type { TaskBecause, TaskWhy, TaskWhyTable } from '../../audit/why/task-why.js';
import type { Task } from '../model/task.js';
import { failedRuns } from './task-runs.js';

export function answer<B extends TaskBecause>(
  task: Task,
  because: B,
  state: TaskWhyTable[B]['state'],
  facts: TaskWhyTable[B]['facts'],
): TaskWhy {
  const algorithm = task.algorithm.definition.name;
  return { taskId: task.id, algorithm, state, because, facts, runs: failedRuns(task) } as TaskWhy;
}
