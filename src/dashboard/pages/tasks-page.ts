/** The tasks that something special happened to; the others are asked of the master. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { TaskStory } from '../model/task-stories.js';

export interface TasksPage {
  readonly stories: readonly Omit<TaskStory, 'lines'>[];
  readonly found: number;
  /** With all its lines, if one was asked for. */
  readonly story: TaskStory | undefined;
}

export const MOST_STORIES = 200;

/** `task` is an id, or empty. */
export function tasksPage(model: DashboardModel, filter: string, task: string, most: number): TasksPage {
  const wanted = filter.trim().toLowerCase();
  const all = model.stories.list();
  const found = all.filter(({ taskId, algorithm, state }) =>
    `${taskId} ${algorithm} ${state}`.toLowerCase().includes(wanted),
  );
  return {
    stories: found.slice(0, most).map(({ lines: _, ...rest }) => rest),
    found: found.length,
    story: task === '' ? undefined : model.stories.find(task),
  };
}
