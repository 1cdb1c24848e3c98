/**
 * Reserved slaves of a simulated program, and what they promise: a task begins once, on a slave that was made ready for
 * its holder, after all that were submitted before it there; and each has its fate.
 */

import { policyOfReserved, resolvePolicy } from '../../src/algorithms/policy.js';
import type { SlaveReservation } from '../../src/algorithms/submitter.js';
import { TaskError, UnrunnableError } from '../../src/errors.js';
import type { MasterCore } from '../../src/master/core/master-core.js';
import { TaskFuture } from '../../src/master/model/task-future.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';
import { must } from './invariants.js';
import type { Chance, Scheduler } from './scheduler.js';
import { ALGORITHMS, packetOf, type Work, workOf } from './simulated-work.js';

const MOST_HOLDERS = 2;
const MOST_TASKS = 60;
/** Marks from here downwards. */
const FIRST_MARK = -1_000;
const REASONS = new Set(['slave-lost', 'slave-freed', 'killed']);

interface Holder {
  readonly name: string;
  readonly reservation: SlaveReservation;
  /** Sessions on which its opener has begun, with the last other task that has begun there, or -1. */
  readonly begun: Map<number, number>;
  opener: Work;
  isOver: boolean;
}

interface Reserved {
  readonly holder: Holder;
  readonly work: Work;
  begun: boolean;
}

export interface ReservationCheckParams {
  readonly core: () => MasterCore;
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  /** Whether tasks may take their slave along. */
  readonly isDeadly: boolean;
  readonly count: (what: string) => void;
}

export class ReservationCheck {
  readonly #params: ReservationCheckParams;
  readonly #holders: Holder[] = [];
  /** By their marks; what makes slaves ready keeps its own. */
  readonly #tasks = new Map<number, Reserved>();
  #nextMark = FIRST_MARK;
  /** Tasks without a fate. */
  open = 0;
  submitted = 0;

  constructor(params: ReservationCheckParams) {
    this.#params = params;
  }

  /** One thing that a program may do next. */
  act(): void {
    const { chance, core, scheduler } = this.#params;
    const living = this.#holders.filter(({ isOver }) => !isOver);
    const holder = living.length === 0 ? undefined : chance.pick(living);
    if (holder === undefined || (living.length < MOST_HOLDERS && chance.happens(0.2))) this.#begin();
    else if (chance.happens(0.1)) this.#end(holder);
    else for (let count = chance.pick([1, 1, 5]); count > 0; count--) this.#call(holder);
    core().dispatch(scheduler.now);
  }

  /** Slaves are for all again. */
  endAll(): void {
    for (const holder of this.#holders) this.#end(holder);
  }

  #begin(): void {
    const { core } = this.#params;
    const opener = this.#invent(false);
    const name = `holder ${opener.mark}`;
    const reservation = core().reserve(
      {
        holder: name,
        definition: ALGORITHMS[0] as (typeof ALGORITHMS)[number],
        args: [opener],
        policy: resolvePolicy({}),
        place: undefined,
        onLost: () => {
          this.#params.count('reservation lost');
          this.#open(holder);
        },
      },
      () => false,
    );
    const holder: Holder = { name, reservation, begun: new Map(), opener, isOver: false };
    this.#holders.push(holder);
    this.#open(holder);
  }

  #open(holder: Holder): void {
    this.#tasks.set(holder.opener.mark, { holder, work: holder.opener, begun: false });
    const future = TaskFuture.find(holder.reservation.makeReady()) as TaskFuture;
    this.#listen(holder, holder.opener, future, () => {
      if (!holder.isOver) this.#open(holder);
    });
  }

  #call(holder: Holder): void {
    if (this.#tasks.size >= MOST_TASKS) return;
    const work = this.#invent(true);
    this.#tasks.set(work.mark, { holder, work, begun: false });
    const future = new TaskFuture(() => false);
    const policy = policyOfReserved(resolvePolicy({}), holder.reservation);
    this.open++;
    const { intake } = this.#params.core();
    intake.submit(ALGORITHMS[0] as (typeof ALGORITHMS)[number], [work], policy, future);
    this.open--;
    this.#listen(holder, work, future, () => {});
  }

  #end(holder: Holder): void {
    if (holder.isOver) return;
    holder.isOver = true;
    holder.reservation.end('slave-freed', 'which is over');
  }

  #listen({ name }: Holder, work: Work, future: TaskFuture, onFailed: () => void): void {
    future.promise.catch(() => {});
    this.submitted++;
    this.open++;
    const settle = (): void => {
      this.open--;
      const { outcome } = future;
      must(outcome !== undefined, `a task of ${name} has settled without an outcome`);
      if ('packet' in outcome) {
        must(outcome.packet === packetOf(work), `a task of ${name} has another's packet`);
        this.#params.count('reserved ok');
        return;
      }
      const { error } = outcome;
      const isFair =
        (error instanceof TaskError && work.kind === 'throw') ||
        (error instanceof UnrunnableError && REASONS.has(error.reason));
      must(isFair, `a task of ${name} cannot end so: ${error.message}`);
      this.#params.count(`reserved ${error instanceof UnrunnableError ? error.reason : 'error'}`);
      onFailed();
    };
    if (future.outcome === undefined) future.onSettled(settle);
    else settle();
  }

  #invent(mayFail: boolean): Work {
    const { chance, isDeadly } = this.#params;
    const kind = mayFail ? chance.pick(['return', 'return', 'return', 'throw'] as const) : 'return';
    return {
      mark: this.#nextMark--,
      kind: isDeadly && mayFail && chance.happens(0.05) ? 'kill' : kind,
      ms: chance.pick([0, 1, 20, 100]),
      waits: chance.happens(0.5),
      heeds: true,
      size: 50,
      ballast: '',
    };
  }

  /** A slave begins a run: true if it is one of a reservation. */
  begins(task: GivenTask): boolean {
    const reserved = this.#tasks.get(workOf(task).mark);
    if (reserved === undefined) return false;
    const { holder, work } = reserved;
    const { sid, number } = task;
    const last = holder.begun.get(sid);
    if (work === holder.opener) {
      holder.begun.set(sid, last ?? -1);
      return true;
    }
    const name = `TASK-${number} of ${holder.name}`;
    must(last !== undefined, `${name} begins on SLAVE-${sid}, which was not made ready`);
    must(last < number, `${name} begins after TASK-${last}`);
    must(!reserved.begun, `${name} begins twice`);
    reserved.begun = true;
    holder.begun.set(sid, number);
    return true;
  }
}
