/**
 * A reserved slave and the line of its holder's tasks: which of them may go to the slave, and what becomes of them when
 * it is lost. Tasks in line are blocked tasks of the jar; those that have gone on are ordered tasks as any other.
 */

import { policyOfReserved } from '../../algorithms/policy.js';
import type { ReservationRequest, SlaveReservation } from '../../algorithms/submitter.js';
import type { Future, ResolvedPolicy, SlaveId, TaskId } from '../../algorithms/types.js';
import type { UnrunnableReason } from '../../errors.js';
import { Deque } from '../../structures/deque.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { TaskMaker } from '../jar/task-maker.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { TaskFuture } from '../model/task-future.js';
import type { SlaveGroups, SlaveHolder } from '../slaves/slave-groups.js';

interface ReservationParams {
  readonly jar: TaskJar;
  readonly maker: TaskMaker;
  readonly groups: SlaveGroups;
  /** Takes a new task, which comes back by `hold` or `queue`. */
  readonly accept: (task: Task) => TaskId;
  /** To the mailbox of the slave. */
  readonly address: (task: Task, slave: SlaveRecord) => void;
  readonly cancel: (taskId: TaskId) => boolean;
  readonly giveUp: (task: Task, reason: UnrunnableReason, message: string, cause?: unknown) => void;
  readonly refuseIfOver: () => void;
  /** The master has ended, with all that it has. */
  readonly isOver: () => boolean;
  /** There may be something to dispatch. */
  readonly onChanged: () => void;
}

interface Closing {
  readonly reason: UnrunnableReason;
  readonly because: string;
}

export class Reservation implements SlaveReservation, SlaveHolder {
  readonly #request: ReservationRequest;
  readonly #params: ReservationParams;
  readonly #policy: ResolvedPolicy;
  readonly #line = new Deque<Task>();
  #slave: SlaveRecord | undefined;
  #isReady = false;
  /** It has asked for a slave. */
  #hasAsked = false;
  /** The first task that made a slave ready, whose arguments all later ones have. */
  #first: Task | undefined;
  /** The task that makes the slave ready, until it has its fate. */
  #opener: Task | undefined;
  #closing: Closing | undefined;
  #hasEnded = false;

  constructor(request: ReservationRequest, params: ReservationParams) {
    this.#request = request;
    this.#params = params;
    this.#policy = policyOfReserved(request.policy, this);
  }

  get sid(): SlaveId | undefined {
    return this.#slave?.sid;
  }

  // ---- the holder's side

  makeReady(): Future<unknown> {
    const { maker, jar, accept, cancel, refuseIfOver, onChanged, groups } = this.#params;
    refuseIfOver();
    const { definition, args, place } = this.#request;
    const future = new TaskFuture(cancel);
    const policy = this.#policy;
    const number = (): number => jar.nextNumber();
    const task =
      this.#first === undefined
        ? maker.make(number, { definition, args, policy, future, place })
        : maker.remake(number, this.#first, policy, future);
    if (!this.#hasEnded) this.#first ??= task;
    this.#opener = task;
    this.#isReady = false;
    future.onSettled(() => {
      if (this.#opener !== task) return;
      this.#opener = undefined;
      this.#isReady = future.outcome !== undefined && 'packet' in future.outcome;
      this.#advance();
    });
    accept(task);
    if (!this.#hasAsked && !this.#hasEnded) {
      this.#hasAsked = true;
      groups.reserve(this);
    }
    onChanged();
    return future.of(task.id);
  }

  close(reason: UnrunnableReason, because: string): void {
    this.#closing ??= { reason, because };
  }

  end(reason: UnrunnableReason, because: string, cause?: unknown): void {
    if (this.#hasEnded || this.#params.isOver()) return;
    this.#hasEnded = true;
    this.close(reason, because);
    const opener = this.#opener;
    this.#opener = undefined;
    this.#isReady = false;
    this.#giveUpAll(opener, reason, because, cause);
    const slave = this.#slave;
    this.#slave = undefined;
    this.#first = undefined;
    if (this.#hasAsked) this.#params.groups.release(this, slave);
    this.#params.onChanged();
  }

  // ---- its tasks

  /** Its arguments await futures. */
  hold(task: Task): void {
    if (this.#closing !== undefined) this.#refuse(task, this.#closing);
    else if (task !== this.#opener) this.#line.push(task);
  }

  /** Its arguments are complete. It is new, or was held until now. */
  queue(task: Task): void {
    if (task.state !== 'blocked') {
      const slave = this.#line.length === 0 && this.#isReady ? this.#slave : undefined;
      if (this.#closing === undefined && task !== this.#opener && slave?.takesOrdered) {
        this.#params.address(task, slave);
        return;
      }
      task.toHeld();
      this.#params.jar.addBlocked(task);
      this.hold(task);
    }
    this.#advance();
  }

  /** A task was given up before its turn: those after it may be next. */
  passOver(): void {
    this.#advance();
  }

  #refuse(task: Task, { reason, because }: Closing, cause?: unknown): void {
    const { holder } = this.#request;
    this.#params.giveUp(task, reason, `${task.id} is for ${holder}, ${because}`, cause);
  }

  #advance(): void {
    const slave = this.#slave;
    // One that is leaving takes no more, and is soon lost
    if (!slave?.takesOrdered) return;
    const { address, onChanged } = this.#params;
    const opener = this.#opener;
    if (opener !== undefined && isComplete(opener)) address(opener, slave);
    if (this.#isReady) {
      for (let next = this.#next(); next !== undefined && isComplete(next); next = this.#next()) {
        this.#line.shift();
        address(next, slave);
      }
    }
    onChanged();
  }

  /** The first in line; those that were given up there are passed over. */
  #next(): Task | undefined {
    while (this.#line.at(0)?.state === 'settled') this.#line.shift();
    return this.#line.at(0);
  }

  #giveUpAll(opener: Task | undefined, reason: UnrunnableReason, because: string, cause?: unknown): void {
    const tasks = opener === undefined ? [] : [opener];
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) tasks.push(next);
    for (const task of tasks) {
      if (task.state !== 'settled') this.#refuse(task, { reason, because }, cause);
    }
  }

  // ---- its slaves

  take(slave: SlaveRecord): void {
    this.#slave = slave;
    this.#advance();
  }

  lose({ sid }: SlaveRecord, evidence: string): void {
    const wasReady = this.#isReady;
    const opener = this.#opener;
    this.#slave = undefined;
    this.#isReady = false;
    const why = `${sid} was lost (${evidence})`;
    // It goes on in a new session of its slave, which may be anybody's
    const isElsewhere = opener !== undefined && opener.state !== 'blocked';
    this.#giveUpAll(isElsewhere ? opener : undefined, 'slave-lost', `whose state is lost: ${why}`);
    if (wasReady) this.#request.onLost(why);
  }
}

/** The reservation in its policy, which this master's `reserve` returned. */
export function reservationOf({ policy }: Task): Reservation | undefined {
  return policy.reservation as Reservation | undefined;
}

function isComplete({ state, dependencies }: Task): boolean {
  return state === 'blocked' && dependencies === undefined;
}
