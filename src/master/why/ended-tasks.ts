/**
 * The tasks that ended last, for people who ask about them when the program has their fates already: the last 10,000, a few
 * numbers each, and of the last 1,000 that failed or ran more than once also their runs and error. Kept only for a master
 * that has a dashboard, as each task costs some ten nanoseconds.
 */

import type { EndedFacts, EndedRun } from '../../audit/why/task-why.js';
import { ownText } from '../../structures/own-text.js';
import type { EndWatch } from '../model/end-watch.js';
import type { Task } from '../model/task.js';
import type { TaskFate } from '../model/task-fate.js';
import type { FoundTask, FoundTasks } from './find-tasks.js';
import { allRuns, endedFacts } from './task-runs.js';

export interface EndedTask {
  readonly algorithm: string;
  readonly facts: EndedFacts;
  readonly runs: readonly EndedRun[];
  /** Unix milliseconds. */
  readonly at: number;
}

type Story = Pick<EndedTask, 'facts' | 'runs'>;

const MOST_TASKS = 10_000;
const MOST_STORIES = 1_000;
/** The last runs of a story. */
const MOST_RUNS = 10;
const MOST_FOUND = 100;
const STATUSES = ['ok', 'error', 'unrunnable'] as const;
/** Places in a row of numbers. */
const COLUMNS = { number: 0, status: 1, attempts: 2, seconds: 3, at: 4, bytes: 5, size: 6 } as const;
const NONE = -1;

export class EndedTasks implements EndWatch {
  readonly #wallClock: () => number;
  readonly #rows = new Float64Array(MOST_TASKS * COLUMNS.size);
  readonly #algorithms: string[] = [];
  readonly #sids: (string | undefined)[] = [];
  readonly #stories = new Map<number, Story>();
  #count = 0;
  /** When the last results came; the clock costs more than the rest. */
  #resultsAt = 0;

  /** Unix milliseconds. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  resultsCome(): void {
    this.#resultsAt = this.#wallClock();
  }

  ended(task: Task, fate: TaskFate): void {
    const isResult = fate.status !== 'unrunnable' && this.#resultsAt > 0;
    const place = this.#count++ % MOST_TASKS;
    const row = this.#rows;
    const at = place * COLUMNS.size;
    row[at + COLUMNS.number] = task.number;
    row[at + COLUMNS.status] = STATUSES.indexOf(fate.status);
    row[at + COLUMNS.attempts] = fate.attempts;
    row[at + COLUMNS.seconds] = fate.computeTime ?? NONE;
    row[at + COLUMNS.at] = isResult ? this.#resultsAt : this.#wallClock();
    row[at + COLUMNS.bytes] = task.bytes;
    this.#algorithms[place] = fate.algorithm;
    this.#sids[place] = fate.sid;
    if (fate.status !== 'ok' || task.runs > 0) this.#keepStory(task.number, fate);
  }

  find(number: number): EndedTask | undefined {
    for (const place of this.#places()) {
      if (this.#read(place, 'number') !== number) continue;
      const at = this.#read(place, 'at');
      const { facts, runs } = this.#stories.get(number) ?? this.#shortStory(place);
      const last = runs.at(-1);
      // The run that made its fate ended then
      const timed =
        last !== undefined && last.at === undefined ? [...runs.slice(0, -1), { ...last, at }] : runs;
      return { algorithm: this.#algorithms[place] ?? '', facts, runs: timed, at };
    }
    return undefined;
  }

  /** Those with a text in their id, algorithm or status, without regard to case; the newest first. */
  search(text: string): FoundTasks {
    const wanted = text.toLowerCase();
    const tasks: FoundTask[] = [];
    let more = 0;
    for (const place of this.#places()) {
      const algorithm = this.#algorithms[place] ?? '';
      const taskId = `TASK-${this.#read(place, 'number')}`;
      const state = this.#statusAt(place);
      if (wanted !== '' && !`${taskId} ${algorithm} ${state}`.toLowerCase().includes(wanted)) continue;
      if (tasks.length >= MOST_FOUND) {
        more++;
        continue;
      }
      const [attempt, bytes] = [this.#read(place, 'attempts'), this.#read(place, 'bytes')];
      tasks.push({
        taskId,
        algorithm,
        state,
        attempt,
        tag: undefined,
        sid: this.#sids[place],
        bytes,
        text: '',
      });
    }
    return { tasks, more };
  }

  #keepStory(number: number, fate: TaskFate): void {
    const { error, ...facts } = endedFacts(fate);
    const runs = allRuns(fate).slice(-MOST_RUNS);
    this.#stories.set(number, {
      facts: { ...facts, ...(error && { error: ownText(error) }) },
      runs: runs.map(ownRun),
    });
    const [oldest] = this.#stories.keys();
    if (this.#stories.size > MOST_STORIES && oldest !== undefined) this.#stories.delete(oldest);
  }

  /** As far as the numbers know. */
  #shortStory(place: number): Story {
    const status = this.#statusAt(place);
    if (status === 'unrunnable') return { facts: { status }, runs: [] };
    const [attempt, seconds] = [this.#read(place, 'attempts'), this.#read(place, 'seconds')];
    const run = { sid: this.#sids[place], attempt, seconds: seconds === NONE ? undefined : seconds };
    const ended = status === 'ok' ? 'it returned' : 'it threw';
    return { facts: { status }, runs: [{ ...run, ended, doubtful: false, at: undefined }] };
  }

  /** The newest first. */
  *#places(): IterableIterator<number> {
    const oldest = Math.max(0, this.#count - MOST_TASKS);
    for (let count = this.#count - 1; count >= oldest; count--) yield count % MOST_TASKS;
  }

  #read(place: number, column: keyof typeof COLUMNS): number {
    return this.#rows[place * COLUMNS.size + COLUMNS[column]] ?? NONE;
  }

  #statusAt(place: number): (typeof STATUSES)[number] {
    return STATUSES[this.#read(place, 'status')] ?? 'ok';
  }
}

/** A cut text would keep the whole one in memory. */
function ownRun(run: EndedRun): EndedRun {
  return { ...run, ended: ownText(run.ended) };
}
