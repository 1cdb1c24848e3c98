/**
 * Decides how many slaves a farm should have, and which of its idle ones retire.
 *
 * The *need* of a moment is what the program has allocated, or the slaves that its tasks can keep busy: one for each two
 * seconds of work, since the start of a slave costs some of that; one for each task while it is not known how long tasks
 * take. With a deadline it is the fewest slaves that finish in time. It lies between `least` and `most`.
 *
 * Slaves start when the need was higher for a second, and retire when it was lower for thirty: there are never fewer
 * than the least need of the last second, nor are idle ones kept beyond the greatest of the last thirty. So a slave that
 * was started for a need stays thirty seconds longer than that need, and the number cannot go up and down faster.
 */

import { counted } from '../../structures/counted.js';

/** The work of a farm's slaves. */
export interface Load {
  /** Tasks that wait or run, and items that are known to come. */
  readonly tasks: number;
  /** Slaves that are wanted for tasks of their own: what the program allocated as ordered, and actors. */
  readonly ordered: number;
  /** The slaves that the program has allocated beside them. */
  readonly allocated: number;
  /** Tasks that one slave runs at once. */
  readonly concurrency: number;
  /** Slaves that others have started. */
  readonly foreign: number;
  /** Runs that have ended since the last call. */
  readonly ended: number;
  /** The seconds that they took, as their slaves measured. */
  readonly seconds: number;
  /** Slaves that run something now. */
  readonly busy: number;
}

/** A slave that runs nothing, and may be told to leave. */
export interface IdleSlave<Id> {
  readonly id: Id;
  /** When its process was started. */
  readonly since: number;
}

export interface DemandSettings {
  readonly least: number;
  readonly most: number;
  /** When the tasks should be done. */
  readonly deadline?: number | undefined;
}

interface Decision<Id> {
  /** Slaves to start. */
  readonly start: number;
  readonly retire: readonly Id[];
  /** Why, in words. */
  readonly because: string;
  /** The deadline cannot be met with `most` slaves, as far as is known. */
  readonly isLate: boolean;
}

/** Time that must be saved before a slave is worth its start. */
const WORTH_SECONDS = 2;
export const START_AFTER_MS = 1_000;
export const RETIRE_AFTER_MS = 30_000;
/** Tasks of the near past say how long the next ones take. */
const MEASURE_MS = 10_000;
/** Estimates are means: some tasks take longer, and the last ones do not fill all slaves. */
const MARGIN = 1.2;

interface Sample {
  readonly at: number;
  readonly need: number;
}

interface Measure {
  readonly at: number;
  readonly ended: number;
  readonly seconds: number;
}

export class Demand {
  readonly #settings: DemandSettings;
  readonly #samples: Sample[] = [];
  readonly #measures: Measure[] = [];
  #lastAt: number | undefined;

  constructor(settings: DemandSettings) {
    this.#settings = settings;
  }

  /**
   * Call it about twice per second. `present` is the number of the farm's slaves, without those that retire; `idle` are
   * those of them that may.
   */
  decide<Id>(load: Load, present: number, idle: readonly IdleSlave<Id>[], now: number): Decision<Id> {
    const { least, most } = this.#settings;
    const taskSeconds = this.#measure(load, now);
    const { need, because, isLate } = this.#need(load, taskSeconds, now);
    const clamped = Math.min(most, Math.max(least, need));
    this.#samples.push({ at: now, need: clamped });
    const { lowest, highest, lasted } = this.#extremes(now);
    const start = Math.max(0, lowest - present);
    const surplus = start > 0 ? 0 : present - highest;
    const retire = surplus <= 0 ? [] : youngest(idle, surplus);
    return { start, retire, because, isLate: isLate && lasted };
  }

  /**
   * The least need of the last second, and the greatest of the last thirty. A sample holds until the next one. Before
   * the first, the need is not known: it may have been nothing, or the most.
   */
  #extremes(now: number): { readonly lowest: number; readonly highest: number; readonly lasted: boolean } {
    const samples = this.#samples;
    while (samples.length > 1 && (samples[1] as Sample).at <= now - RETIRE_AFTER_MS) samples.shift();
    const first = samples[0] as Sample;
    const lasted = first.at <= now - START_AFTER_MS;
    let lowest = lasted ? Number.POSITIVE_INFINITY : this.#settings.least;
    let highest = first.at <= now - RETIRE_AFTER_MS ? 0 : this.#settings.most;
    let until = Number.POSITIVE_INFINITY;
    for (let index = samples.length - 1; index >= 0; index--) {
      const { at, need } = samples[index] as Sample;
      if (until > now - START_AFTER_MS) lowest = Math.min(lowest, need);
      highest = Math.max(highest, need);
      until = at;
    }
    return { lowest, highest, lasted };
  }

  /** The seconds for which a task keeps a slave; undefined while nothing is known. */
  #measure({ ended, seconds, busy }: Load, now: number): number | undefined {
    const sinceLast = this.#lastAt === undefined ? 0 : (now - this.#lastAt) / 1000;
    this.#lastAt = now;
    // The time of tasks that have not ended counts too: it is what long ones look like
    this.#measures.push({ at: now, ended, seconds: Math.max(seconds, busy * sinceLast) });
    while ((this.#measures[0] as Measure).at < now - MEASURE_MS) this.#measures.shift();
    let [allEnded, allSeconds] = [0, 0];
    for (const measure of this.#measures) {
      allEnded += measure.ended;
      allSeconds += measure.seconds;
    }
    return allEnded === 0 ? undefined : allSeconds / allEnded;
  }

  #need(
    { tasks, ordered, allocated, concurrency, foreign }: Load,
    taskSeconds: number | undefined,
    now: number,
  ): { readonly need: number; readonly because: string; readonly isLate: boolean } {
    const { most, deadline } = this.#settings;
    const atOnce = Math.ceil(tasks / concurrency);
    let [forTasks, because, isLate] = [atOnce, counted(tasks, 'task'), false];
    if (tasks > 0 && taskSeconds !== undefined) {
      const work = (tasks * taskSeconds) / concurrency;
      because = `${counted(tasks, 'task')} of ${shown(taskSeconds)} each`;
      if (deadline === undefined) {
        forTasks = Math.max(1, Math.min(atOnce, Math.ceil(work / WORTH_SECONDS)));
      } else {
        const left = Math.max(1, (deadline - now) / 1000);
        const inTime = Math.ceil((work * MARGIN) / left);
        isLate = now > deadline || inTime > most + foreign;
        forTasks = Math.max(1, Math.min(atOnce, inTime));
        because += now > deadline ? ', past the deadline' : `, ${Math.ceil(left)} s left`;
      }
    }
    const need = ordered + Math.max(forTasks, allocated);
    if (forTasks < allocated || (tasks === 0 && ordered > 0))
      because = `${ordered + allocated} slaves allocated`;
    return { need: need - foreign, because, isLate };
  }
}

/** They have cost the least, and their machines were the last to be needed. */
function youngest<Id>(idle: readonly IdleSlave<Id>[], count: number): Id[] {
  const byAge = [...idle].sort((one, other) => other.since - one.since);
  return byAge.slice(0, count).map(({ id }) => id);
}

function shown(seconds: number): string {
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;
}
