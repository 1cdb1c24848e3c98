/** The program's cancels: they take tasks back wherever they are, and kill those that run. */

import type { Settlement } from '../fates/settlement.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { Task } from '../model/task.js';
import type { Roster } from '../slaves/roster.js';
import { runningTasks } from '../slaves/running-tasks.js';

interface CancelsParams {
  readonly jar: TaskJar;
  readonly roster: Roster;
  readonly settlement: Settlement;
  readonly onNews: () => void;
}

export class Cancels {
  readonly #jar: TaskJar;
  readonly #roster: Roster;
  readonly #settlement: Settlement;
  readonly #onNews: () => void;

  constructor({ jar, roster, settlement, onNews }: CancelsParams) {
    this.#jar = jar;
    this.#roster = roster;
    this.#settlement = settlement;
    this.#onNews = onNews;
  }

  /** Cancels a task wherever it is, or kills it if it runs; false if it already has its fate. */
  cancel(number: number, kills: boolean): boolean {
    const task = this.#jar.find(number);
    if (task === undefined) return false;
    if (kills && runningTasks(this.#roster).has(task)) this.#kill(task);
    else this.#settlement.giveUp(task, 'cancelled', `${task.id} was cancelled by the program`, { kills });
    this.#onNews();
    return true;
  }

  /** Cancels all tasks that have no fate, but not the broadcasts that slaves owe; returns their number. */
  cancelAll(): number {
    const tasks = [...this.#jar.allLive()].filter(({ policy }) => !policy.isBroadcast);
    for (const task of tasks) {
      this.#settlement.giveUp(task, 'cancelled', `${task.id} was cancelled by the program, with all others`);
    }
    this.#onNews();
    return tasks.length;
  }

  /** The categories of the tasks that run, one for each task. */
  categoriesRunning(): string[] {
    return Array.from(runningTasks(this.#roster), ({ policy }) => policy.category);
  }

  /** Kills the tasks of a category that run; returns their number. */
  killTasks(category: string): number {
    const tasks = [...runningTasks(this.#roster)].filter(({ policy }) => policy.category === category);
    for (const task of tasks) this.#kill(task);
    this.#onNews();
    return tasks.length;
  }

  #kill(task: Task): void {
    const { category } = task.policy;
    const message = `${task.id} of the category ${JSON.stringify(category)} was killed by the program`;
    this.#settlement.giveUp(task, 'killed', message, { kills: true });
  }
}
