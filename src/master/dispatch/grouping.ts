/** Decides the number of tasks in one group, and the number of groups that a slave may have outstanding. */

import { FIRST_WINDOW } from '../model/slave-record.js';
import type { AlgorithmEntry } from '../model/task.js';
import { crewFor } from './crew.js';

/** The time of a slave that a group under `auto` should take, and its limits. */
const GROUP_SECONDS = 0.05;
const MOST_TASKS = 1_000;
export const MOST_GROUP_BYTES = 256 * 1024 - 1024;
/** A group that takes less than this is never cut short for the sake of balance. */
const NEGLIGIBLE_SECONDS = 0.001;
/** Groups shorter than this cost less time than their transport: even the widest window of them is short. */
const MOMENT_SECONDS = 0.0001;
/** The largest growth from one group to the next, since the first measurements say little. */
const GROWTH = 10;

const LARGEST_WINDOW = 64;

export interface GroupingState {
  readonly taskGroup: number | 'auto';
  /** Queued tasks, and the number that the available slaves run at once. */
  readonly queued: number;
  readonly slots: number;
  /** Size of the slave's last group. */
  readonly lastGroup: number;
}

/** Decides, task by task, whether one more goes into a group. */
export class GroupPlan {
  readonly #exact: boolean;
  readonly #most: number;
  readonly #share: number;
  #count = 0;
  #seconds = 0;
  #resultBytes = 0;
  #crew = 0;

  constructor({ taskGroup, queued, slots, lastGroup }: GroupingState) {
    this.#exact = taskGroup !== 'auto';
    this.#most = taskGroup === 'auto' ? Math.min(MOST_TASKS, lastGroup * GROWTH) : taskGroup;
    this.#share = Math.ceil(queued / (2 * Math.max(1, slots)));
  }

  /** The first task is always taken; a task of an algorithm without measurements goes alone. */
  tryAdd(algorithm: AlgorithmEntry): boolean {
    if (!this.#exact && this.#count > 0) {
      const enough = this.#count >= this.#share && this.#seconds >= NEGLIGIBLE_SECONDS;
      const seconds = algorithm.seconds ?? GROUP_SECONDS;
      if (enough || this.#seconds + seconds > GROUP_SECONDS) return false;
      if (this.#resultBytes + algorithm.resultBytes > MOST_GROUP_BYTES) return false;
    }
    this.#count++;
    this.#seconds += algorithm.seconds ?? GROUP_SECONDS;
    this.#resultBytes += algorithm.resultBytes;
    this.#crew = Math.max(this.#crew, crewFor(algorithm));
    return true;
  }

  /** The slaves that keep a master busy with such tasks. */
  get crew(): number {
    return this.#crew;
  }

  get isFull(): boolean {
    return this.#count >= this.#most;
  }
}

/** The moving average of an algorithm's run time, after one more run. */
export function nextAverage(average: number | undefined, value: number): number {
  if (average === undefined) return value;
  const weight = value > average ? 0.3 : 0.1;
  return average + weight * (value - average);
}

/** Times are measured in microseconds; a quantile that is zero would never grow again. */
const LEAST_SECONDS = 1e-6;

/** Their balance is reached where one of four values is below. */
const QUICK_UP = Math.exp(0.1 * 0.25);
const QUICK_DOWN = Math.exp(0.1 * -0.75);

/** A run time that three of four runs exceed, after one more run; runs of slaves that have just begun do not raise it. */
export function nextQuick(quick: number | undefined, value: number): number {
  return nextQuantile(quick, value, QUICK_UP, QUICK_DOWN);
}

/** Their balance is reached where 19 of 20 values are below. */
const LONG_UP = Math.exp(0.1 * 0.95);
const LONG_DOWN = Math.exp(0.1 * -0.05);

/** A run time that about one run in twenty exceeds, after one more run; a few slow slaves do not raise it. */
export function nextLong(long: number | undefined, value: number): number {
  return nextQuantile(long, value, LONG_UP, LONG_DOWN);
}

function nextQuantile(quantile: number | undefined, value: number, up: number, down: number): number {
  if (quantile === undefined) return Math.max(LEAST_SECONDS, value);
  return value > quantile ? Math.min(value, quantile * up) : Math.max(LEAST_SECONDS, value, quantile * down);
}

/**
 * The window after a group's results came while tasks were queued. It gets wider when the slave ran dry, or
 * when groups are so short that many should travel together. It is two again when the groups, or their
 * results, are long.
 */
export function nextWindow(window: number, groupSeconds: number, resultBytes: number, dry: boolean): number {
  if (groupSeconds >= GROUP_SECONDS || resultBytes > MOST_GROUP_BYTES) return FIRST_WINDOW;
  return dry || groupSeconds < MOMENT_SECONDS ? Math.min(LARGEST_WINDOW, window * 2) : window;
}
