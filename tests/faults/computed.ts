/** The notes of slaves about the tasks that they begin and end, each process in a file of its own. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TailedFile } from './tailed-file.js';

/** A task's runs, as slaves noted them. */
export interface Runs {
  begun: number;
  ended: number;
  readonly pids: Set<number>;
  /** The processes that ended it, in the order of the moments that they noted. */
  readonly ends: { readonly pid: number; readonly at: number }[];
  /** When a process began it last, by its id. */
  readonly begunAt: Map<number, number>;
}

export class Computed {
  /** By task id. */
  readonly runs = new Map<string, Runs>();
  /** In all, of all tasks. */
  begun = 0;
  readonly #folder: string;
  readonly #files = new Map<string, TailedFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(): this {
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith('.log')) continue;
      let file = this.#files.get(name);
      if (file === undefined) {
        file = new TailedFile(join(this.#folder, name));
        this.#files.set(name, file);
      }
      for (const line of file.newLines()) this.#take(line);
    }
    return this;
  }

  /** Whether a process has begun any task. */
  hasBegun(pid: number): boolean {
    return [...this.runs.values()].some(({ pids }) => pids.has(pid));
  }

  /** The tasks that a process has begun and not ended. */
  heldBy(pid: number): string[] {
    return [...this.runs]
      .filter(([, { begunAt, ends }]) => begunAt.has(pid) && !ends.some((end) => end.pid === pid))
      .map(([taskId]) => taskId);
  }

  #take(line: string): void {
    const [word, taskId = '', , , pid, at] = line.split(' ');
    let of = this.runs.get(taskId);
    if (of === undefined) {
      of = { begun: 0, ended: 0, pids: new Set(), ends: [], begunAt: new Map() };
      this.runs.set(taskId, of);
    }
    of.pids.add(Number(pid));
    if (word === 'begin') {
      this.begun++;
      of.begun++;
      of.begunAt.set(Number(pid), Number(at));
      return;
    }
    of.ended++;
    of.ends.push({ pid: Number(pid), at: Number(at) });
    if (of.ends.length > 1) of.ends.sort((one, other) => one.at - other.at);
  }
}
