/** Queues of tasks as values: their limits and weight, by name. The master of the tasks holds them to these. */

import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { nameFault } from '../structures/name-fault.js';

/** Options of `makeQueue`. */
export interface QueueOptions {
  /** The number of its tasks that may be at slaves at once, in the whole computation; no limit by default. */
  readonly limit?: number | undefined;
  /**
   * The number of its tasks that may begin within any second: a whole number up to 100,000, or one between 0.001 and 1, so
   * that 0.1 means one task every ten seconds. No limit by default.
   */
  readonly perSecond?: number | undefined;
  /** Its share of the slaves beside other queues with tasks: from 0.001 to 1,000; 1 by default. */
  readonly weight?: number | undefined;
}

/** A queue of tasks, from `makeQueue`: the `queue` of a task policy. Frozen. */
export class TaskQueue {
  /** The name that `makeQueue` was given. */
  readonly name: string;
  /** The number of its tasks at slaves at once; undefined if there is no limit. */
  readonly limit: number | undefined;
  /** The number of its tasks that begin within any second; undefined if there is no limit. */
  readonly perSecond: number | undefined;
  /** Its share beside other queues. */
  readonly weight: number;
  /** Only `makeQueue` makes queues: a policy takes no object that merely looks like one. */
  readonly #isMade = true;

  constructor(name: string, { limit, perSecond, weight = 1 }: QueueOptions) {
    this.name = name;
    this.limit = limit;
    this.perSecond = perSecond;
    this.weight = weight;
    Object.freeze(this);
  }

  /** Whether a value is a queue. */
  static is(value: unknown): value is TaskQueue {
    return typeof value === 'object' && value !== null && #isMade in value;
  }
}

const KEYS = ['limit', 'perSecond', 'weight'] as const satisfies (keyof QueueOptions)[];
const MOST_CHARACTERS = 1_000;
const MOST_PER_SECOND = 100_000;
const LEAST_PER_SECOND = 0.001;
const WEIGHTS = [0.001, 1_000] as const;

/** Weak, since a crawler makes a queue for each host: one that no policy and no task refers to is forgotten. */
const queues = new Map<string, WeakRef<TaskQueue>>();
const forgotten = new FinalizationRegistry<string>((name) => {
  if (queues.get(name)?.deref() === undefined) queues.delete(name);
});

/**
 * Makes a queue for tasks: at most `limit` of them are at slaves at once, at most `perSecond` begin within any second,
 * and queues with tasks share the slaves by `weight`. A name may have any number of queues like it: one without tasks
 * costs nothing. The same name with the same options returns the same queue as long as it is in use. Throws UsageError
 * for the same name with other options, and for wrong ones.
 *
 * @example
 * const queue = makeQueue(new URL(url).host, { limit: 4, perSecond: 10 });
 * fetchPage.withTaskPolicy({ queue })(url);
 */
export function makeQueue(name: string, options: QueueOptions = {}): TaskQueue {
  const known = queues.get(name)?.deref();
  if (known === undefined) checkName(name);
  checkOptions(name, options);
  if (known !== undefined) {
    refuseOther(known, options);
    return known;
  }
  const queue = new TaskQueue(name, options);
  queues.set(name, new WeakRef(queue));
  forgotten.register(queue, name);
  return queue;
}

function refuseOther(known: TaskQueue, { limit, perSecond, weight = 1 }: QueueOptions): void {
  if (known.limit === limit && known.perSecond === perSecond && known.weight === weight) return;
  throw new UsageError(
    `queue ${JSON.stringify(known.name)} is there already, with ${settingsOf(known)}, and cannot also have ` +
      `${settingsOf({ limit, perSecond, weight })}; give one of them another name`,
  );
}

function settingsOf({ limit, perSecond, weight }: QueueOptions): string {
  return `limit ${limit ?? 'none'}, perSecond ${perSecond ?? 'none'}, weight ${weight}`;
}

function checkName(name: unknown): void {
  if (typeof name === 'string' && name !== '' && name.length <= MOST_CHARACTERS) {
    const fault = nameFault(name);
    if (fault === undefined) return;
    throw new UsageError(`the name ${JSON.stringify(name)} of a queue ${fault}`);
  }
  const got = typeof name === 'string' ? `one of ${name.length}` : typeof name;
  throw new UsageError(`the name of a queue is a string of 1 to ${MOST_CHARACTERS} characters; got ${got}`);
}

function checkOptions(name: string, options: QueueOptions): void {
  const queue = `queue ${JSON.stringify(name)}`;
  const what = `of ${queue}`;
  checkOptionNames(queue, options, KEYS);
  const { limit, perSecond, weight } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new UsageError(`the limit ${what} is a whole number from 1; got ${show(limit)}`);
  }
  if (perSecond !== undefined && !isRate(perSecond)) {
    throw new UsageError(
      `perSecond ${what} is a whole number from 1 to ${MOST_PER_SECOND}, or a number from ${LEAST_PER_SECOND} ` +
        `to 1; got ${show(perSecond)}`,
    );
  }
  if (weight !== undefined && !isWithin(weight, ...WEIGHTS)) {
    throw new UsageError(`the weight ${what} is from ${WEIGHTS.join(' to ')}; got ${show(weight)}`);
  }
}

function isRate(perSecond: number): boolean {
  return (
    isWithin(perSecond, LEAST_PER_SECOND, 1) ||
    (Number.isSafeInteger(perSecond) && isWithin(perSecond, 1, MOST_PER_SECOND))
  );
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
