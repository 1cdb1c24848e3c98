/** Accepts the program's tasks: into the jar, into the mailbox of an ordered slave, or as a stored result. */

import type { AlgorithmDefinition, ResolvedPolicy, SlaveId, TaskId } from '../../algorithms/types.js';
import { ScopeCancelledError, UnrunnableError } from '../../errors.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Settlement } from '../fates/settlement.js';
import type { AbortWatch } from '../jar/abort-watch.js';
import { Dependants } from '../jar/dependants.js';
import type { TaskJar } from '../jar/task-jar.js';
import { packetOf, type TaskMaker } from '../jar/task-maker.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { FutureSettler, Task } from '../model/task.js';
import type { TaskFuture } from '../model/task-future.js';
import type { ShareRegistry } from '../shares/share-registry.js';
import type { Roster } from '../slaves/roster.js';
import type { SlaveCommands } from '../slaves/slave-commands.js';
import { reservationOf } from './reservation.js';

interface IntakeParams {
  readonly jar: TaskJar;
  readonly maker: TaskMaker;
  readonly checkpoint: Checkpoint | undefined;
  readonly roster: Roster;
  readonly dispatcher: Dispatcher;
  readonly commands: SlaveCommands;
  readonly settlement: Settlement;
  readonly aborts: AbortWatch;
  readonly shares: ShareRegistry;
  readonly onNews: () => void;
  /** `queueUnblocked` may have something to do. */
  readonly onUnblocked: () => void;
}

export class Intake {
  readonly #jar: TaskJar;
  readonly #maker: TaskMaker;
  readonly #nextNumber = (): number => this.#jar.nextNumber();
  readonly #checkpoint: Checkpoint | undefined;
  readonly #roster: Roster;
  readonly #dispatcher: Dispatcher;
  readonly #commands: SlaveCommands;
  readonly #settlement: Settlement;
  readonly #aborts: AbortWatch;
  readonly #onNews: () => void;
  readonly #shares: ShareRegistry;
  readonly #dependants: Dependants;

  constructor(params: IntakeParams) {
    this.#jar = params.jar;
    this.#maker = params.maker;
    this.#checkpoint = params.checkpoint;
    this.#roster = params.roster;
    this.#dispatcher = params.dispatcher;
    this.#commands = params.commands;
    this.#settlement = params.settlement;
    this.#aborts = params.aborts;
    this.#onNews = params.onNews;
    this.#shares = params.shares;
    this.#dependants = new Dependants(params.onUnblocked);
  }

  /** Queues a task; `dispatch` gives it out. Throws EncodeError, MessageSizeError, UsageError. */
  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    future?: FutureSettler,
    place?: string,
  ): TaskId {
    return this.accept(this.#maker.make(this.#nextNumber, { definition, args, policy, future, place }));
  }

  /**
   * Queues a new task with an earlier one's algorithm and arguments; UsageError if the task belongs to
   * another program.
   */
  resubmit(earlier: Task, policy: ResolvedPolicy): TaskId {
    // Before it has a number
    if (earlier.shares !== undefined) this.#shares.check(earlier.shares);
    return this.accept(this.#maker.remake(this.#nextNumber, earlier, policy));
  }

  /** Takes a new task. */
  accept(task: Task): TaskId {
    if (task.shares !== undefined) this.#shares.need(task.shares);
    const { signal, scopeSignal } = task.policy;
    if (task.state === 'blocked') {
      this.#jar.addBlocked(task);
      this.#dependants.add(task);
      reservationOf(task)?.hold(task);
    } else {
      this.#queue(task);
    }
    if (signal !== undefined && task.state !== 'settled') this.heed(task, signal);
    if (scopeSignal !== undefined && task.state !== 'settled') this.heed(task, scopeSignal);
    return task.id;
  }

  #queue(task: Task): void {
    const { sid, isSuspect, queue, reservation } = task.policy;
    if (isSuspect && queue === undefined) task.markSuspect();
    if (sid !== undefined) this.#submitOrdered(task, sid);
    else if (reservation !== undefined) reservationOf(task)?.queue(task);
    else if (!this.#checkpoint?.recall(task)) this.#jar.add(task);
  }

  /** Queues tasks whose futures have their values; those of which one failed become unrunnable. */
  queueUnblocked(): void {
    for (let next = this.#dependants.takeNext(); next !== undefined; next = this.#dependants.takeNext()) {
      const { task, futures, failed } = next;
      if (failed === undefined) this.#fill(task, futures);
      else this.#giveUpDependant(task, failed);
    }
  }

  #fill(task: Task, futures: readonly TaskFuture[]): void {
    try {
      this.#maker.fill(task, futures.map(packetOf));
    } catch (cause) {
      const needed = futures.map(({ taskId }) => taskId).join(', ');
      const message = `${task.id} cannot be sent with the values of ${needed}: ${(cause as Error).message}`;
      this.#settlement.giveUp(task, 'dependency', message, { cause });
      this.#onNews();
      return;
    }
    this.#queue(task);
  }

  /** At the end of a chain, the error says what its first failure was. */
  #giveUpDependant(task: Task, { taskId, outcome }: TaskFuture): void {
    const error = outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
    const isLater = error instanceof UnrunnableError && error.failedTaskId !== undefined;
    const cause = isLater ? (error.cause as Error) : error;
    const failedTaskId = isLater ? error.failedTaskId : taskId;
    const why = isLater ? ` since ${failedTaskId} did` : '';
    const message = `${task.id} needs the value of ${taskId}, which failed${why}: ${cause?.name}: ${cause?.message}`;
    this.#settlement.giveUp(task, 'dependency', message, { cause, failedTaskId });
    this.#onNews();
  }

  /** The task is cancelled when its signal aborts. */
  heed(task: Task, signal: AbortSignal): void {
    if (signal.aborted) this.cancelBySignal([task], signal.reason);
    else this.#aborts.watch(task, signal);
  }

  /** The signal of these tasks, or of their scope, was aborted, for this reason. */
  cancelBySignal(tasks: Iterable<Task>, cause: unknown): void {
    const why =
      cause instanceof ScopeCancelledError
        ? `with its scope: ${cause.message}`
        : `by its signal${reasonInWords(cause)}`;
    for (const task of tasks) {
      this.#settlement.giveUp(task, 'cancelled', `${task.id} was cancelled ${why}`, { cause });
    }
    this.#onNews();
  }

  /** The task goes to the mailbox of a slave that takes ordered ones. */
  address(task: Task, slave: SlaveRecord): void {
    task.addressTo(slave);
    this.#jar.add(task);
    this.#dispatcher.lineUp(slave);
    if (slave.orderedOutstanding < slave.outstanding) this.#commands.recallAll(slave);
  }

  /** An unordered slave does not take ordered tasks (CL-MW); then the policy decides. */
  #submitOrdered(task: Task, sid: SlaveId): void {
    const slave = this.#roster.findByNumber(Number(sid.slice('SLAVE-'.length)));
    if (slave?.takesOrdered) {
      this.address(task, slave);
      return;
    }
    this.#jar.add(task);
    if (task.policy.doItAnyway) return;
    this.#settlement.giveUp(task, 'unknown-sid', `no ordered slave has the sid ${sid}`);
    this.#onNews();
  }
}

/** Undefined if the program aborts a signal without a reason of its own. */
function reasonInWords(reason: unknown): string {
  if (typeof reason === 'string') return `: ${reason}`;
  if (!(reason instanceof Error) || reason.name === 'AbortError') return '';
  return `: ${reason.name}: ${reason.message}`;
}
