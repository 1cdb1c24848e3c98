/**
 * Gives each task its one fate: from a result, from its policy when its slave is lost, or because the
 * program cancels it. Everything that settles or requeues a task is here.
 */

import type { AuditSink } from '../audit/audit-trail.js';
import { UnrunnableError, type UnrunnableReason } from '../errors.js';
import { decodeBody, RawReader } from '../wire/body.js';
import { parseResults, type ResultEntry } from '../wire/entries.js';
import { HELD_RESULTS, HELD_SECONDS } from '../wire/messages.js';
import { backoffSeconds } from './backoff.js';
import type { FateBox } from './fate-box.js';
import { averageSeconds, nextWindow } from './grouping.js';
import type { Ledger } from './ledger.js';
import { readFate } from './read-fate.js';
import type { Group, SlaveRecord } from './slave-record.js';
import type { Task } from './task.js';
import { TaskFate } from './task-fate.js';
import type { TaskJar } from './task-jar.js';

const NO_RAWS: readonly Uint8Array[] = [];

/** Characters of what a task threw that its history keeps. */
const MOST_EVIDENCE = 200;

export interface SettlementOptions {
  readonly jar: TaskJar;
  readonly box: FateBox;
  readonly ledger: Ledger;
  readonly audit: AuditSink;
  readonly resultGroup: number | 'auto';
  /** A copy of a settled task is still out. */
  readonly onSuperfluous: (slave: SlaveRecord, index: number) => void;
}

export class Settlement {
  readonly #jar: TaskJar;
  readonly #box: FateBox;
  readonly #ledger: Ledger;
  readonly #audit: AuditSink;
  readonly #resultGroup: number;
  readonly #onSuperfluous: SettlementOptions['onSuperfluous'];

  constructor({ jar, box, ledger, audit, resultGroup, onSuperfluous }: SettlementOptions) {
    this.#jar = jar;
    this.#box = box;
    this.#ledger = ledger;
    this.#audit = audit;
    this.#resultGroup = resultGroup === 'auto' ? 1 : resultGroup;
    this.#onSuperfluous = onSuperfluous;
  }

  /** Takes a results message; throws FormatError when it has not the form of one. */
  takeResults(slave: SlaveRecord, body: Uint8Array, now: number): void {
    const { value, raw } = decodeBody(body);
    const { sid, dry, results } = parseResults(value);
    this.#audit.emit({ type: 'results-received', sid: slave.sid, count: results.length });
    const reader = raw.length > 0 ? new RawReader(raw) : undefined;
    const bytes = Math.ceil(body.length / Math.max(1, results.length));
    let micros = 0;
    for (const entry of results) {
      const raws = reader === undefined ? NO_RAWS : reader.take(entry[6]);
      this.#takeResult(slave, sid, entry, raws, bytes, now);
      micros += entry[3];
    }
    this.#ledger.compute(slave.number, results.length, micros);
    const moreWaits = this.#jar.hasReady || slave.mailbox.length > 0;
    if (moreWaits) slave.window = nextWindow(slave.window, micros / 1e6, dry);
  }

  #takeResult(
    slave: SlaveRecord,
    sid: number,
    entry: ResultEntry,
    raws: readonly Uint8Array[],
    bytes: number,
    now: number,
  ): void {
    const [number, attempt] = entry;
    const task = this.#jar.find(number);
    const runsHere = task?.group?.slave === slave && sid === slave.number && task.attempt === attempt;
    if (task === undefined || !(runsHere || wasGiven(task, sid, attempt))) {
      const reason = task === undefined ? 'the task has its fate' : 'it was given to another slave';
      this.#drop(slave, number, reason);
      return;
    }
    const seconds = entry[3] / 1e6;
    const mayRetry = entry[2] !== 0 && task.policy.retryErrors;
    // An earlier run, taken for lost, has thrown: another one is under way, or will be.
    if (mayRetry && !runsHere) {
      this.#drop(slave, number, 'it threw there, and is run again already');
      return;
    }
    if (task.group !== undefined) this.#release(task, !runsHere);
    task.algorithm.seconds = averageSeconds(task.algorithm.seconds, seconds);
    const fate = readFate(task, sid, entry, raws, seconds, bytes);
    if (mayRetry && task.attempt < task.policy.maxAttempts) {
      this.#runAgain(task, slave, describeThrown(fate), now);
      return;
    }
    this.#jar.settle(task);
    this.#handOver(task, fate);
  }

  #drop(slave: SlaveRecord, number: number, reason: string): void {
    this.#audit.emit({ type: 'result-dropped', sid: slave.sid, taskId: `TASK-${number}`, reason });
  }

  /** A run came to nothing on a slave that lives; an ordered task stays there, unless the slave was freed. */
  #runAgain(task: Task, slave: SlaveRecord, evidence: string, now: number): void {
    const { id: taskId, attempt, policy } = task;
    task.noteFailure(slave.sid, evidence);
    if (task.addressee?.takesOrdered === false && !this.#mayGoElsewhere(task)) {
      this.#abandon(task, 'slave-freed', `${slave.sid} was freed; ${refusal(task)}`);
      return;
    }
    const waitSeconds = backoffSeconds(policy, task.failures);
    this.#audit.emit({ type: 'task-retried', sid: slave.sid, taskId, attempt, waitSeconds, evidence });
    this.#putBack(task, now);
  }

  /** At once, or after the wait that its policy asks for. */
  #putBack(task: Task, now: number): void {
    const waitSeconds = backoffSeconds(task.policy, task.failures);
    if (waitSeconds === 0) this.#jar.putBack(task);
    else this.#jar.putBackAt(now + waitSeconds * 1000, task);
  }

  /** Takes a running task out of its group; a copy that still runs elsewhere is told to stop. */
  #release(task: Task, superfluous: boolean): void {
    const group = task.group as Group;
    const { slave } = group;
    const { index } = task;
    task.group = undefined;
    group.open--;
    slave.outstanding--;
    if (task.addressee !== undefined) slave.orderedOutstanding--;
    if (slave.alone && slave.outstanding === 0) slave.alone = false;
    while (slave.groups.at(0)?.open === 0) slave.groups.shift();
    if (slave.outstanding === 0) slave.machine.send('all-settled');
    if (superfluous) this.#onSuperfluous(slave, index);
  }

  #handOver(task: Task, fate: TaskFate): void {
    this.#ledger.settle(task, fate);
    if (task.future === undefined) this.#box.put(fate);
    else if (fate.status === 'ok') task.future.resolve(fate.packet);
    else task.future.reject(fate.error as Error);
  }

  /** The task can never run (again). */
  giveUp(task: Task, reason: UnrunnableReason, message: string): void {
    const lastSid = lastSidOf(task);
    if (task.group !== undefined) this.#release(task, true);
    this.#jar.settle(task);
    const history = task.history ?? [];
    const error = new UnrunnableError(task.id, reason, message, history);
    const algorithm = task.algorithm.definition.name;
    if (reason === 'cancelled') {
      const sid = lastSid === undefined ? undefined : `SLAVE-${lastSid}`;
      this.#audit.emit({ type: 'task-cancelled', taskId: task.id, algorithm, sid });
    } else {
      this.#audit.emit({ type: 'task-unrunnable', taskId: task.id, algorithm, reason, history });
    }
    this.#handOver(task, TaskFate.unrunnable(task, lastSid, error));
  }

  /**
   * Takes back what a slave that is gone had been given, as each task's policy says. Those that it may
   * have begun have had a run; unless `blameless`, they become suspects and run alone next time.
   */
  reclaim(slave: SlaveRecord, evidence: string, blameless: boolean, now: number): void {
    const tasks = openTasks(slave);
    const begun = blameless ? new Set<Task>() : this.#perhapsBegun(slave, tasks);
    slave.groups.clear();
    slave.outstanding = 0;
    slave.orderedOutstanding = 0;
    const unbegun: Task[] = [];
    for (const task of tasks) {
      task.group = undefined;
      task.given ??= [];
      task.given.push({ sid: slave.number, attempt: task.attempt });
      this.#audit.emit({ type: 'task-reclaimed', sid: slave.sid, taskId: task.id });
      if (begun.has(task)) {
        task.noteFailure(slave.sid, evidence);
        task.suspect = true;
      }
      if (!this.#mayGoElsewhere(task)) {
        this.#abandon(task, 'slave-lost', `${slave.sid} was lost (${evidence}); ${refusal(task)}`);
      } else if (task.failures >= task.policy.maxAttempts) {
        const runs = task.failures === 1 ? '1 run was' : `${task.failures} runs were`;
        this.#abandon(task, 'max-attempts', `${runs} begun and none came to an end; the last: ${evidence}`);
      } else if (begun.has(task)) {
        this.#putBack(task, now);
      } else {
        unbegun.push(task);
      }
    }
    for (const task of unbegun.reverse()) this.#jar.putBack(task);
    this.clearMailbox(slave, 'slave-lost', `${slave.sid} was lost (${evidence})`);
  }

  /** What waits for a slave that is lost or freed follows its policy (CL-MW). */
  clearMailbox(slave: SlaveRecord, reason: 'slave-lost' | 'slave-freed', message: string): void {
    for (let task = this.#jar.takeOrdered(slave); task; task = this.#jar.takeOrdered(slave)) {
      this.#audit.emit({ type: 'task-reclaimed', sid: slave.sid, taskId: task.id });
      if (this.#mayGoElsewhere(task)) this.#jar.requeue(task);
      else this.#abandon(task, reason, `${message}; ${refusal(task)}`);
    }
    for (const task of this.#jar.waitingFor(slave)) {
      if (!this.#mayGoElsewhere(task)) this.giveUp(task, reason, `${message}; ${refusal(task)}`);
    }
  }

  /** Whether a task may run on another slave than the one it was given or addressed to. */
  #mayGoElsewhere(task: Task): boolean {
    const { retry, doItAnyway } = task.policy;
    const may = retry && (task.addressee === undefined || doItAnyway);
    if (may) task.addressee = undefined;
    return may;
  }

  /**
   * A slave runs its tasks in order and sends a group's results before it begins the next; but those of
   * tasks that run short it may hold back.
   */
  #perhapsBegun(slave: SlaveRecord, tasks: readonly Task[]): Set<Task> {
    const first = tasks[0]?.group;
    const heldThrough = (tasks[0]?.index ?? 0) + HELD_RESULTS;
    const begun = new Set<Task>();
    let runShort = true;
    for (const [position, task] of tasks.entries()) {
      const held = runShort && (task.group?.firstIndex ?? 0) < heldThrough;
      const near = task.group === first || position < this.#resultGroup;
      if (held || near || task.index < slave.begun) begun.add(task);
      runShort &&= (task.algorithm.seconds ?? HELD_SECONDS) < HELD_SECONDS;
    }
    return begun;
  }

  /** Settles a task that `reclaim` has taken out of its group already; it is in no queue. */
  #abandon(task: Task, reason: UnrunnableReason, message: string): void {
    task.state = 'running';
    this.giveUp(task, reason, message);
  }

  /** Takes unstarted tasks back from a living slave: those of this session from `from` up to `to`. */
  takeBack(slave: SlaveRecord, from: number, to: number): void {
    const back = openTasks(slave).filter(({ index }) => index >= from && index < to);
    for (const task of back.reverse()) {
      this.#release(task, false);
      this.#jar.putBack(task);
    }
    if (back.length > 0) this.#audit.emit({ type: 'tasks-recalled', sid: slave.sid, count: back.length });
  }
}

/** The slave that was given the task last, else the one that it was addressed to. */
function lastSidOf({ group, given, policy }: Task): number | undefined {
  const lastGiven = group?.slave.number ?? given?.at(-1)?.sid;
  if (lastGiven !== undefined || policy.sid === undefined) return lastGiven;
  return Number(policy.sid.slice('SLAVE-'.length));
}

function describeThrown({ error }: TaskFate): string {
  return `it threw ${error?.name}: ${error?.message}`.slice(0, MOST_EVIDENCE);
}

function refusal({ policy }: Task): string {
  return policy.retry ? 'the policy says not to do it anyway' : 'the policy says no retry';
}

function wasGiven(task: Task, sid: number, attempt: number): boolean {
  return task.given?.some((given) => given.sid === sid && given.attempt === attempt) ?? false;
}

function openTasks(slave: SlaveRecord): Task[] {
  const tasks: Task[] = [];
  for (const group of slave.groups) {
    for (const task of group.tasks) if (task.group === group) tasks.push(task);
  }
  return tasks;
}
