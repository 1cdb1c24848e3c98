/** Observes which tasks get their fates. */

import type { Task } from './task.js';
import type { TaskFate } from './task-fate.js';

export interface EndWatch {
  /** Results have come; tasks get their fates by them next. */
  resultsCome(): void;
  /** A task has its fate, by a result or otherwise. */
  ended(task: Task, fate: TaskFate): void;
}
