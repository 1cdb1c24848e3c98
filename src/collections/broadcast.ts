/** Broadcasts: one task for every slave, by which a program sets up what its later tasks need there. */

import { placeAbove } from '../algorithms/call-site.js';
import { policyOfBroadcast } from '../algorithms/policy.js';
import { operationNamed } from '../algorithms/registry.js';
import type { BroadcastEntry } from '../algorithms/submitter.js';
import { currentSubmitter } from '../algorithms/submitter-context.js';
import type { Task } from '../algorithms/task.js';
import type { TaskPolicy } from '../algorithms/types.js';
import { UsageError } from '../errors.js';
import { BroadcastEntries } from './parts/broadcast-entries.js';
import { heed } from './parts/heed.js';
import { checkOptions } from './parts/options.js';
import { resolveTask } from './parts/task.js';

/** Options of `broadcastTask.with`. */
export interface BroadcastOptions {
  /** Whether slaves that join later run the task too, before their first other task; true by default. */
  readonly lateComers?: boolean | undefined;
  /**
   * Overrides the policy of the task's algorithm. No `sid` and no `queue`, since the task is for every slave; `retry`,
   * `doItAnyway` and `backupTasks` have no effect, since no slave runs another one's. Its `signal` stops the broadcast,
   * and cancels what has no result.
   */
  readonly policy?: TaskPolicy | undefined;
}

/**
 * The outcomes of a broadcast. Iterating over them gives an entry for each session of a slave that was to run it, as they
 * come, each to one reader. The iteration ends when no entry will come: with late comers, that is after `stop()`. It
 * throws StoppedError if the master ends before. At most 10,000 unread entries are kept; if older ones were dropped,
 * the iteration first throws a UsageError that counts them, and may go on after it.
 */
export interface Broadcast<R> extends AsyncIterable<BroadcastEntry<R>> {
  /**
   * The entries of the slaves that were there at the call, in the order in which they joined. It waits for all of them,
   * and rejects only with StoppedError, when the master ends before. It takes nothing from an iteration.
   */
  all(): Promise<readonly BroadcastEntry<R>[]>;
  /** Slaves that join from now on do not run it; those that were told to still do. May be called twice. */
  stop(): void;
  /** Slaves that owe an entry. */
  readonly pending: number;
}

/** The type of `broadcastTask`. */
export interface BroadcastTask {
  /** Runs a task once on every slave; arguments are encoded at once. */
  <A extends readonly unknown[], R>(task: Task<A, R>, ...args: A): Broadcast<Awaited<R>>;
  /** The same call with options. Throws UsageError for wrong ones. */
  with(
    options: BroadcastOptions,
  ): <A extends readonly unknown[], R>(task: Task<A, R>, ...args: A) => Broadcast<Awaited<R>>;
}

/**
 * Runs a task once on every slave of the current master (lfarm's broadcast-task): on each that is there, of any group,
 * and on each that joins later, before its first other task. Until a slave has ended it, it gets nothing else; tasks
 * that it had begun go on beside it. Several broadcasts run in the order of their calls. Whatever happens there is told
 * in an entry: that it threw, or that its slave was lost; nothing is run elsewhere instead. A slave that joins again
 * under a new id runs it again. Its runs do not count among the master's pending tasks, and their results come here
 * only.
 *
 * Throws InvalidTaskError, EncodeError, NoKernelError and StoppedError as other submissions do, and UsageError for
 * futures among the arguments, and when 1,000 broadcasts of the master await late comers.
 *
 * @example
 * const loaded = broadcastTask(loadTable, '/data/table');
 * for (const { sid, status } of await loaded.all()) console.log(sid, status);
 */
export const broadcastTask: BroadcastTask = Object.assign(
  <A extends readonly unknown[], R>(task: Task<A, R>, ...args: A): Broadcast<Awaited<R>> =>
    submit(broadcastTask, {}, task, args),
  {
    with(options: BroadcastOptions) {
      checkBroadcast(options);
      const stub = <A extends readonly unknown[], R>(task: Task<A, R>, ...args: A): Broadcast<Awaited<R>> =>
        submit(stub, options, task, args);
      return stub;
    },
  },
);

function submit<A extends readonly unknown[], R>(
  stub: (...args: never[]) => unknown,
  { lateComers = true, policy }: BroadcastOptions,
  task: Task<A, R>,
  args: A,
): Broadcast<Awaited<R>> {
  const { definition, reference, policy: resolved } = resolveTask('broadcastTask', task, policy);
  const submitter = currentSubmitter('broadcastTask');
  const signals = [resolved.signal, submitter.scopeSignal].filter((signal) => signal !== undefined);
  const entries = new BroadcastEntries<Awaited<R>>(submitter.signal);
  const stop = submitter.broadcast({
    definition: definition ?? operationNamed('ts-mw:call'),
    args: definition === undefined ? [reference, ...args] : args,
    policy: policyOfBroadcast(resolved),
    place: placeAbove(stub),
    lateComers,
    listener: entries,
  });
  const leaves: (() => void)[] = [];
  const heedNoMore = (): void => {
    for (const leave of leaves.splice(0)) leave();
  };
  entries.begun(() => {
    heedNoMore();
    stop();
  });
  if (!lateComers || signals.some(({ aborted }) => aborted)) entries.stop();
  else {
    for (const signal of signals) leaves.push(heed(signal, () => entries.stop()));
    leaves.push(heed(submitter.signal, heedNoMore));
  }
  return entries;
}

function checkBroadcast(options: BroadcastOptions): void {
  checkOptions('broadcastTask.with', options, ['lateComers', 'policy']);
  const { policy } = options;
  for (const key of ['sid', 'queue'] as const) {
    if (policy?.[key] === undefined) continue;
    throw new UsageError(
      `the policy of a broadcast has no ${key}, since its task is for every slave; leave it out`,
    );
  }
}
