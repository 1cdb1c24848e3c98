/** The program's side of a simulated master: what it submits, cancels and takes, and each task's one fate. */

import { makeQueue, type TaskQueue } from '../../src/algorithms/queue.js';
import type { ResolvedPolicy, SlaveId } from '../../src/algorithms/types.js';
import type { TaskError, UnrunnableError } from '../../src/errors.js';
import { TaskFate } from '../../src/master/model/task-fate.js';
import { runningTasks } from '../../src/master/slaves/running-tasks.js';
import type { BroadcastCheck } from './broadcast-check.js';
import type { Chance, Scheduler } from './scheduler.js';
import type { SimulatedMaster } from './simulated-master.js';
import { SimulatedShares } from './simulated-shares.js';
import { ALGORITHMS, isFinal, packetOf, type Work } from './simulated-work.js';

const LARGE_BYTES = 700 * 1024;
/** So that one slave alone can be done within the time that a cluster has to settle. */
const MOST_TASKS = 400;
const MOST_LONG = 6;
const LIMITS = [0.05, 1, 10];
const ATTEMPTS = [1, 2, 3, 4, 5];
const CATEGORIES = ['default', 'default', 'a', 'b'];
const LONG_MS = [500, 6_000] as const;

/** At once, then after a moment. */
const retryTwice = (_error: unknown, attempt: number): boolean | number =>
  attempt === 2 ? 0.2 : attempt < 2;

/** Two kinds of tasks in six have none. */
const QUEUES = [
  makeQueue('simulated-limit', { limit: 2 }),
  makeQueue('simulated-rate', { perSecond: 5 }),
  makeQueue('simulated-both', { limit: 3, perSecond: 10, weight: 2 }),
  makeQueue('simulated-weight', { weight: 5 }),
];

export interface Submitted {
  /** Those between two of them are of broadcasts. */
  number: number;
  readonly work: Work;
  readonly policy: ResolvedPolicy;
  cancelled: boolean;
  /** The program killed it while it ran. */
  killed: boolean;
  /** Losses of slaves that it had to bear, as another task was killed there: they are not counted. */
  excused: number;
  /** Slaves that it took along. */
  kills: number;
  /** Runs that slaves have begun. */
  begun: number;
  /** Its fate, once the program has it. */
  fate: string | undefined;
}

export interface ProgramParams {
  readonly master: SimulatedMaster;
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly maxMessageBytes: number;
  readonly broadcasts: BroadcastCheck;
  /** A packet or an exception of the task with this mark has come. */
  readonly onResult: (mark: number) => void;
  /** The task with this mark is submitted next. */
  readonly onSubmit: (mark: number) => void;
  /** Tasks that kill their slave. */
  readonly poisons: number;
  /** Tasks that take seconds, at most. */
  readonly longRuns?: number | undefined;
  readonly longMs?: readonly [number, number] | undefined;
  readonly attempts?: readonly number[] | undefined;
  /** Seconds that some runs may take. */
  readonly limits?: readonly number[] | undefined;
}

/** Throws when a fate is not what its task can have come to. */
export class Program {
  readonly tasks = new Map<number, Submitted>();
  /** Fates that the program has. */
  taken = 0;
  readonly #params: ProgramParams;
  readonly #shares = new SimulatedShares();
  #poisons: number;
  #large: number;
  #long: number;
  readonly #longOften: number;
  /** The program's next task has this number, or a later one. */
  #nextNumber = 0;

  constructor(params: ProgramParams) {
    this.#params = params;
    this.#poisons = params.poisons;
    this.#long = params.longRuns ?? MOST_LONG;
    this.#longOften = params.longMs === undefined ? 0.02 : 0.2;
    this.#large = params.chance.between(0, 4);
  }

  get isDone(): boolean {
    return this.taken === this.tasks.size;
  }

  /** One thing that a program may do next. */
  act(): void {
    const { chance } = this.#params;
    const dice = chance.random();
    if (dice < 0.35) this.#submitSome();
    else if (dice < 0.45) this.#cancelOne();
    else if (dice < 0.9) this.takeSome();
    else if (dice < 0.94) this.#moveSlaves();
    else if (dice < 0.96) this.#killSome();
    else if (dice < 0.99) this.#params.broadcasts.act(this.#nextNumber);
  }

  #submitSome(): void {
    const { chance, master, scheduler } = this.#params;
    for (let count = chance.pick([1, 1, 3, 10, 40]); count > 0 && this.tasks.size < MOST_TASKS; count--) {
      this.#submit();
    }
    master.core.dispatch(scheduler.now);
  }

  #submit(): void {
    const { chance, master, limits = LIMITS, attempts = ATTEMPTS } = this.#params;
    const work = this.#invent();
    const policy = {
      sid: this.#addressee(),
      tag: work.mark,
      doItAnyway: chance.happens(0.5),
      retry: chance.happens(0.9),
      maxAttempts: chance.pick(attempts),
      retryErrors: chance.happens(0.3) && (work.mark % 2 === 0 || retryTwice),
      backoffSeconds: chance.pick([0, 0, 0, 0.3, 1]),
      backoffJitter: work.mark % 3 === 0 ? 0.5 : 0,
      timeoutSeconds: chance.happens(0.2) ? chance.pick(limits) : undefined,
      signal: undefined,
      priority: chance.happens(0.2) ? chance.between(0, 10) - 5 : 0,
      backupTasks: chance.happens(0.5),
      category: chance.pick(CATEGORIES),
      killGraceSeconds: chance.pick([0, 0, 0.5, 3]),
      queue: undefined as TaskQueue | undefined,
      trace: work.mark % 3 === 0 ? ('parent' as const) : ('link' as const),
    };
    if (policy.sid === undefined && work.mark % 2 === 0) policy.queue = QUEUES[(work.mark / 2) % 6];
    const task: Submitted = {
      number: -1,
      work,
      policy,
      cancelled: false,
      killed: false,
      excused: 0,
      kills: 0,
      begun: 0,
      fate: undefined,
    };
    const future = {
      promise: new Promise<unknown>(() => {}),
      resolve: (packet: unknown) => this.#settle(task, 'ok', packet),
      reject: (error: Error) => this.#reject(task, error),
    };
    const definition = ALGORITHMS[work.size > 1_000 ? 1 : 0] as (typeof ALGORITHMS)[number];
    this.#params.onSubmit(work.mark);
    const id = master.core.intake.submit(
      definition,
      [work, ...this.#shares.handlesFor(work.mark)],
      policy,
      chance.happens(0.2) ? future : undefined,
    );
    task.number = Number(id.slice('TASK-'.length));
    if (task.number < this.#nextNumber) throw new Error(`${id} follows TASK-${this.#nextNumber - 1}`);
    this.#nextNumber = task.number + 1;
    this.tasks.set(task.number, task);
  }

  #invent(): Work {
    const { chance, maxMessageBytes, longMs = LONG_MS } = this.#params;
    const kill = this.#poisons > 0 && chance.happens(0.02);
    const large = !kill && this.#large > 0 && chance.happens(0.03);
    if (kill) this.#poisons--;
    if (large) this.#large--;
    const long = this.#long > 0 && chance.happens(this.#longOften);
    if (long) this.#long--;
    return {
      mark: this.tasks.size,
      kind: kill ? chance.pick(['kill', 'quit', 'fail']) : chance.happens(0.05) ? 'throw' : 'return',
      ms: long ? chance.between(...longMs) : chance.pick([0, 0, 1, 5, 20, 100]),
      waits: chance.happens(0.3),
      heeds: chance.happens(0.5),
      size: large ? chance.pick([300_000, LARGE_BYTES, maxMessageBytes]) : chance.between(1, 200),
      ballast: large && chance.happens(0.5) ? '.'.repeat(LARGE_BYTES) : '',
    };
  }

  /** Mostly nobody, else a slave that takes ordered tasks, or one that never did. */
  #addressee(): SlaveId | undefined {
    const { chance, master } = this.#params;
    if (chance.happens(0.01)) return 'SLAVE-0';
    if (!chance.happens(0.2)) return undefined;
    const { roster, groups } = master.core;
    // The program does not know of those on trial
    const willing = [...roster].filter((slave) => slave.takesOrdered && !groups.isOnTrial(slave));
    return willing.length === 0 ? undefined : chance.pick(willing).sid;
  }

  #moveSlaves(): void {
    const { chance, master, scheduler } = this.#params;
    const { groups, roster } = master.core;
    const dice = chance.random();
    if (dice < 0.5) groups.allocate(1, chance.pick(['ordered', 'intermingle']));
    else if (dice < 0.6) groups.deallocate(1, chance.pick(['ordered', 'intermingle']));
    else if (roster.size > 0) groups.free(chance.pick([...roster]).number);
    master.core.dispatch(scheduler.now);
  }

  /** Any slave takes what is left: to be said again, since a slave may yet move to a group that wanted it. */
  freeAll(): void {
    const { master, scheduler } = this.#params;
    const { groups, roster } = master.core;
    for (const kind of ['ordered', 'intermingle'] as const) groups.deallocate(Number.MAX_SAFE_INTEGER, kind);
    for (const { number } of roster) groups.free(number);
    master.core.dispatch(scheduler.now);
  }

  #cancelOne(): void {
    const { chance, master, scheduler } = this.#params;
    if (this.tasks.size === 0) return;
    const task = chance.pick([...this.tasks.values()]);
    const { core } = master;
    const { fate: before, cancelled } = task;
    const kills = chance.happens(0.3);
    const isKilled = kills && [...runningTasks(core.roster)].some(({ number }) => number === task.number);
    task.cancelled = !isKilled;
    task.killed ||= isKilled;
    const done = core.cancel(task.number, scheduler.now, kills);
    if (done && before !== undefined)
      throw new Error(`TASK-${task.number} was cancelled after its fate was taken`);
    if (!done) task.cancelled = cancelled;
  }

  /** Every running task of a category has its fate by that, and nothing else has. */
  #killSome(): void {
    const { chance, master } = this.#params;
    const { cancels, roster } = master.core;
    const category = chance.pick(CATEGORIES);
    const running = [...runningTasks(roster)].filter(({ policy }) => policy.category === category);
    for (const { number } of running) {
      const task = this.tasks.get(number);
      if (task !== undefined) task.killed = true;
    }
    const count = cancels.killTasks(category);
    if (count !== running.length) throw new Error(`${count} of ${running.length} tasks are killed`);
  }

  /** Their slave is lost, since another task was killed there: the run that they may have begun is not counted. */
  excuse(numbers: Iterable<number>): void {
    for (const number of numbers) {
      const task = this.tasks.get(number);
      if (task !== undefined) task.excused++;
    }
  }

  /** Takes fates in one of the ways there are. */
  takeSome(): void {
    const { chance, master } = this.#params;
    const { fates } = master.core;
    const selection = chance.happens(0.7)
      ? undefined
      : new Set([master.core.entryOf(chance.pick(ALGORITHMS))]);
    if (chance.happens(0.3)) for (const fate of fates.takeUnrunnable(selection)) this.#take(fate);
    if (chance.happens(0.5)) for (const fate of fates.takeResults(selection)) this.#take(fate);
    else {
      for (let fate = fates.takeNext(selection); fate; fate = fates.takeNext(selection)) {
        this.#take(fate);
        if (chance.happens(0.1)) return;
      }
    }
  }

  /** A slave ended; a task takes no more of them along than it may have runs. */
  noteDeath(cause: string): void {
    const number = /^killed by TASK-(\d+)$/.exec(cause)?.[1];
    const task = number === undefined ? undefined : this.tasks.get(Number(number));
    if (task === undefined) return;
    const { maxAttempts, retry } = task.policy;
    const most = (retry ? maxAttempts : 1) + task.excused;
    task.kills++;
    if (task.kills > most) throw new Error(`TASK-${number} kills ${task.kills} slaves, and may ${most}`);
  }

  /** A slave begins a run, perhaps one that its master has given up: no task has more of them than it may. */
  noteBegin(number: number): void {
    const task = this.tasks.get(number);
    if (task === undefined) throw new Error(`TASK-${number} begins and was never submitted`);
    task.begun++;
    const { maxAttempts } = task.policy;
    if (task.begun > maxAttempts + task.excused)
      throw new Error(`TASK-${number} begins ${task.begun} of ${maxAttempts} runs`);
  }

  takeAll(): void {
    const { fates } = this.#params.master.core;
    for (let fate = fates.takeNext(undefined); fate; fate = fates.takeNext(undefined)) this.#take(fate);
  }

  #take(fate: TaskFate): void {
    const number = Number(fate.taskId.slice('TASK-'.length));
    const task = this.tasks.get(number);
    if (task === undefined) throw new Error(`${fate.taskId} was never submitted`);
    if (fate.status === 'error' && task.policy.retryErrors) this.#checkError(fate, task);
    if (fate.tag !== task.work.mark) throw new Error(`${fate.taskId} has another's tag`);
    if (fate.status === 'ok') this.#settle(task, 'ok', fate.packet);
    else this.#reject(task, fate.error as Error);
  }

  #checkError(fate: TaskFate, { work, policy, excused }: Submitted): void {
    const { attempt, final } = fate.error as TaskError;
    const runs = (TaskFate.taskOf(fate)?.runs ?? 0) + 1;
    const isDecided = typeof policy.retryErrors === 'function' && attempt > 2;
    if (work.kind === 'throw' && final !== isFinal(work.mark))
      throw new Error(`${fate.taskId} is final: ${final}`);
    if (final || isDecided) return;
    // A run that was not counted may be one that goes on, and throws in the end.
    if (runs < policy.maxAttempts || runs > policy.maxAttempts + excused)
      throw new Error(`${fate.taskId} is an error after ${runs} runs`);
  }

  #reject(task: Submitted, error: Error): void {
    const { reason, history } = error as Partial<UnrunnableError>;
    if (reason === undefined) {
      this.#settle(task, 'error', error.message);
      return;
    }
    this.#checkUnrunnable(task, reason, history?.length ?? 0);
    this.#settle(task, reason, undefined);
  }

  #checkUnrunnable(task: Submitted, reason: string, failures: number): void {
    const { number, policy, cancelled, killed, excused, begun } = task;
    if (!(reason === 'cancelled' || reason === 'killed') && begun > failures + excused)
      throw new Error(`TASK-${number} is unrunnable, and its history has ${failures} of ${begun} runs`);
    const mustStay = policy.sid !== undefined && !policy.doItAnyway;
    const fair =
      (reason === 'cancelled' && cancelled) ||
      (reason === 'killed' && killed) ||
      (reason === 'slave-lost' && (!policy.retry || mustStay)) ||
      (reason === 'slave-freed' && (!policy.retry || mustStay) && policy.sid !== undefined) ||
      (reason === 'timeout' && policy.timeoutSeconds !== undefined && failures > 0) ||
      (reason === 'max-attempts' && failures === policy.maxAttempts) ||
      (reason === 'unknown-sid' && policy.sid !== undefined && !policy.doItAnyway);
    if (!fair) throw new Error(`TASK-${number} is unrunnable: ${reason} after ${failures} failures`);
  }

  #settle(task: Submitted, fate: string, value: unknown): void {
    const { number, work } = task;
    if (task.fate !== undefined) throw new Error(`TASK-${number} is ${fate} and was ${task.fate} before`);
    const tooLarge = work.size + 1_024 > this.#params.maxMessageBytes;
    if (fate === 'ok' && (work.kind !== 'return' || tooLarge || value !== packetOf(work))) {
      throw new Error(`TASK-${number} has a packet that it cannot have: ${String(value).slice(0, 80)}`);
    }
    if (fate === 'error' && value !== `thrown ${work.mark}` && !(work.kind === 'return' && tooLarge)) {
      throw new Error(`TASK-${number} has an error that it cannot have: ${String(value)}`);
    }
    if (fate === 'ok' || fate === 'error') this.#params.onResult(work.mark);
    task.fate = fate;
    this.taken++;
  }
}
