/** Takes tasks back from slaves that are gone or freed: from fates back to the jar. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { UnrunnableReason } from '../../errors.js';
import type { TaskJar } from '../jar/task-jar.js';
import { noteGiven } from '../model/given-run.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { judgeBegun, judgeSetAside } from './blame.js';
import type { Comebacks } from './comebacks.js';
import { countRuns, type Retries, refusal, tryUnbind } from './retries.js';
import type { RunNotes } from './run-notes.js';

interface ReclaimerParams {
  readonly jar: TaskJar;
  readonly audit: AuditSink;
  readonly runNotes: RunNotes | undefined;
  readonly comebacks: Comebacks;
  readonly retries: Retries;
  /** Unix milliseconds. */
  readonly wallClock: () => number;
  readonly resultGroup: number | 'auto';
  /** The task can never run again. */
  readonly giveUp: (task: Task, reason: UnrunnableReason, message: string) => void;
}

export class Reclaimer {
  readonly #jar: TaskJar;
  readonly #audit: AuditSink;
  readonly #runNotes: RunNotes | undefined;
  readonly #comebacks: Comebacks;
  readonly #retries: Retries;
  readonly #wallClock: () => number;
  readonly #resultGroup: number;
  readonly #giveUp: ReclaimerParams['giveUp'];

  constructor({ jar, audit, runNotes, comebacks, retries, wallClock, resultGroup, giveUp }: ReclaimerParams) {
    this.#jar = jar;
    this.#audit = audit;
    this.#runNotes = runNotes;
    this.#comebacks = comebacks;
    this.#retries = retries;
    this.#wallClock = wallClock;
    this.#resultGroup = resultGroup === 'auto' ? 1 : resultGroup;
    this.#giveUp = giveUp;
  }

  /**
   * Takes back the tasks of a slave that is gone, as each task's policy says. Each run that may have begun
   * counts, so that no task begins more often than its policy allows. A run that has likely begun is an
   * attempt. The task runs alone next time if only it can be to blame; otherwise it is suspected after a
   * second slave was lost with it.
   *
   * If the program killed a task there, the process was ended for that one: no other task is charged with its end.
   */
  takeFromLost(slave: SlaveRecord, evidence: string, now: number): void {
    const tasks = slave.openTasks();
    const begun = tasks.map(judgeBegun(slave, tasks, this.#resultGroup));
    this.#runNotes?.noteLost(
      slave,
      tasks.filter((_, position) => begun[position] === 'likely'),
      now,
    );
    const isExcused = slave.killed !== undefined;
    const isOneAtATime = slave.concurrency === 1 || begun.filter((one) => one === 'likely').length === 1;
    const at = this.#wallClock();
    const charged: number[] = [];
    slave.releaseAll();
    this.#jar.queues.runs.endAll(slave);
    for (const task of isExcused ? [] : slave.goingOn) {
      if (this.#chargeSetAside(task, slave, evidence)) charged.push(task.number);
    }
    this.#comebacks.gone(slave);
    const others: [task: Task, likely: boolean][] = [];
    for (const [position, task] of tasks.entries()) {
      const likely = begun[position] === 'likely' && !isExcused;
      const isCharged = begun[position] !== 'no' && !isExcused;
      const run = noteGiven(task);
      task.leaveGroup();
      this.#audit.emit({ type: 'task-reclaimed', sid: slave.sid, taskId: task.id });
      if (isCharged) {
        run.charge = task.noteRun(slave, evidence, at, !likely);
        charged.push(task.number);
        if ((likely && isOneAtATime) || isCloseToItsEnd(task, slave)) task.markSuspect();
      }
      if (this.#comebacks.resume(task)) continue;
      if (isExcused && begun[position] === 'no' && task.addressee === undefined) {
        others.push([task, false]);
      } else if (!tryUnbind(task)) {
        this.#retries.abandon(task, 'slave-lost', `${slave.sid} was lost (${evidence}); ${refusal(task)}`);
      } else if (isCharged && task.runs >= task.policy.maxAttempts) {
        const message = `${countRuns(task)} begun and none finished; the last: ${evidence}`;
        this.#retries.abandon(task, 'max-attempts', message);
      } else if (task.suspect) {
        this.#putBack(task, likely, now);
      } else {
        others.push([task, likely]);
      }
    }
    for (const [task, likely] of others.reverse()) this.#putBack(task, likely, now);
    this.#comebacks.note(slave, charged);
    const message = `${slave.sid} was lost (${evidence})`;
    for (const task of [...slave.mailbox.broadcasts]) {
      this.#giveUp(task, 'slave-lost', `${message}; ${refusal(task)}`);
    }
    this.clearMailbox(slave, 'slave-lost', message);
  }

  /** A run beside another one is lost with its slave, as the current one would be; true if it is charged now. */
  #chargeSetAside(task: Task, slave: SlaveRecord, evidence: string): boolean {
    const run = task.given?.find(({ goesOn }) => goesOn?.slave === slave);
    if (run?.goesOn === undefined || run.charge !== undefined) return false;
    const begun = judgeSetAside(slave, run.goesOn.index);
    if (begun !== 'no') this.#retries.charge(task, run, slave, evidence, begun === 'perhaps');
    return begun !== 'no';
  }

  /** Only an attempt is followed by a wait. */
  #putBack(task: Task, wasAttempt: boolean, now: number): void {
    if (wasAttempt) this.#retries.putBack(task, now);
    else this.#jar.putBack(task);
  }

  /** Ordered tasks that wait for a lost or freed slave follow their policy (CL-MW). */
  clearMailbox(slave: SlaveRecord, reason: 'slave-lost' | 'slave-freed', message: string): void {
    for (let task = this.#jar.takeOrdered(slave); task; task = this.#jar.takeOrdered(slave)) {
      this.#audit.emit({ type: 'task-reclaimed', sid: slave.sid, taskId: task.id });
      if (tryUnbind(task)) this.#jar.requeue(task);
      else this.#retries.abandon(task, reason, `${message}; ${refusal(task)}`);
    }
    for (const task of this.#jar.waitingFor(slave)) {
      if (!task.policy.isBroadcast && !tryUnbind(task))
        this.#giveUp(task, reason, `${message}; ${refusal(task)}`);
    }
  }
}

/**
 * If a lost slave may have begun many tasks, one of them may be to blame. Running all of them alone would
 * cost more than losing a second slave. If a slave was ended for one task, the others are hardly to blame.
 */
function isCloseToItsEnd({ runs, policy }: Task, { isDoomed }: SlaveRecord): boolean {
  return (runs > 1 && !isDoomed) || runs >= policy.maxAttempts - 1;
}
