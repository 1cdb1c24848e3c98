/**
 * Runs that go on beside the current one of their task, or in its place: of slaves that were declared dead and
 * come back, and of slaves that take too long. Tasks that such a slave never began no longer count. If a run
 * goes on there and the task has no other run by now, it is the task's run again and no longer counts either.
 * If there is another run, it stays an earlier one that may take the other's place: the first result counts.
 *
 * So a task's begun runs are never more than those in its history and the one in its books.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Hello } from '../../wire/messages/messages.js';
import type { TaskJar } from '../jar/task-jar.js';
import { type GivenRun, noteGiven } from '../model/given-run.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { TaskGroup } from '../model/task-group.js';
import type { SlaveCommands } from '../slaves/slave-commands.js';

/**
 * The number of tasks of lost slaves whose charges can be taken back; beyond it, the charges of the oldest
 * slaves stay.
 */
const MOST_CHARGED = 200_000;

interface ComebacksParams {
  readonly jar: TaskJar;
  readonly audit: AuditSink;
  readonly commands: Pick<SlaveCommands, 'cancel' | 'kill' | 'recallOne'>;
}

export class Comebacks {
  readonly #jar: TaskJar;
  readonly #audit: AuditSink;
  readonly #commands: ComebacksParams['commands'];
  /** By session: the tasks that were charged with its end. */
  readonly #charged = new Map<number, readonly number[]>();
  #numCharged = 0;

  constructor({ jar, audit, commands }: ComebacksParams) {
    this.#jar = jar;
    this.#audit = audit;
    this.#commands = commands;
  }

  /** These tasks were charged with the loss of the slave. */
  note({ number }: SlaveRecord, tasks: readonly number[]): void {
    if (tasks.length === 0) return;
    this.#charged.set(number, tasks);
    this.#numCharged += tasks.length;
    for (const [oldest, { length }] of this.#charged) {
      if (this.#numCharged <= MOST_CHARGED) return;
      this.#charged.delete(oldest);
      this.#numCharged -= length;
    }
  }

  /**
   * A slave has joined. Its statements about earlier sessions count only for those that it has proved to be
   * its own.
   */
  take(slave: SlaveRecord, { previous, begun, runs = [] }: Hello): void {
    const owns = (sid: number) => slave.earlier.some(({ number }) => number === sid);
    if (previous !== undefined && begun !== undefined && owns(previous)) this.#forgive(previous, begun);
    for (const [index, [sid, number, attempt]] of runs.entries()) {
      if (!owns(sid)) continue;
      const found = this.#jar.find(number);
      // A new session runs every broadcast again
      const task = found?.policy.isBroadcast ? undefined : found;
      const run = task?.givenRun(sid, attempt) ?? this.#currentRun(task, sid, attempt);
      if (task !== undefined && run !== undefined) this.#welcomeBack(slave, task, run, index);
      else this.#stopAgain(slave, sid, number, index);
    }
  }

  /** A run that was being killed when its session ended is killed in the new one. */
  #stopAgain(slave: SlaveRecord, sid: number, number: number, index: number): void {
    const session = slave.earlier.find((earlier) => earlier.number === sid);
    const killed = session?.killed?.find((run) => run.number === number);
    if (killed?.killAfterMs === undefined) this.#commands.cancel(slave, number, index);
    else this.#commands.kill(slave, number, index, killed.killAfterMs);
  }

  /** The one in the books of the slave's own last session, which is about to end. */
  #currentRun(task: Task | undefined, sid: number, attempt: number): GivenRun | undefined {
    return task?.group?.slave.number === sid && task.runsAs(sid, attempt) ? noteGiven(task) : undefined;
  }

  /** Tasks of the session from this index on never began. */
  #forgive(sid: number, begun: number): void {
    for (const number of this.#charged.get(sid) ?? []) {
      const task = this.#jar.find(number);
      for (const run of task?.given ?? []) {
        if (task === undefined || run.sid !== sid || run.index < begun || run.charge === undefined) continue;
        const waits = task.state === 'queued';
        if (waits) this.#jar.remove(task);
        task.takeBackCharge(run);
        if (waits) this.#jar.putBack(task);
      }
    }
  }

  #welcomeBack(slave: SlaveRecord, task: Task, run: GivenRun, index: number): void {
    const { group } = task;
    const isHere = group?.run === run && group.slave === slave;
    if (run.goesOn !== undefined || isHere) return;
    this.#jar.queues.goOn(task, slave, run, index);
    if (group === undefined) {
      this.#jar.remove(task);
      this.#resume(slave, task, run, index);
      return;
    }
    run.goesOn = { slave, index };
    slave.goOnWith(task);
    slave.noteLingering({ number: task.number, index });
    // If it has not begun there, it need not begin.
    if (group.run !== run && group.slave.number !== run.sid) this.#commands.recallOne(group.slave, task);
  }

  /**
   * The task is in no group and no queue. If it has a run that goes on elsewhere, that is its run from now
   * on; otherwise false.
   */
  resume(task: Task): boolean {
    const run = task.given?.find(({ goesOn }) => goesOn !== undefined);
    if (run?.goesOn === undefined) return false;
    const { slave, index } = run.goesOn;
    this.#leave(task, run);
    this.#resume(slave, task, run, index);
    return true;
  }

  #resume(slave: SlaveRecord, task: Task, run: GivenRun, index: number): void {
    task.takeBackCharge(run);
    const group: TaskGroup = {
      slave,
      tasks: [task],
      firstIndex: index,
      sentAt: run.sentAt,
      message: 0,
      open: 1,
      next: undefined,
      run,
    };
    task.toResumed(group, index, run.attempt);
    slave.giveBack(group, task.addressee !== undefined);
    if (task.suspect) slave.runAlone();
    if (slave.machine.state === 'idle') slave.machine.send('tasks-given');
    const previousSid = `SLAVE-${run.sid}`;
    this.#audit.emit({ type: 'task-resumed', sid: slave.sid, taskId: task.id, previousSid });
  }

  /** Its current run goes on as an earlier one, beside a second run that is about to begin elsewhere. */
  goOnBeside(task: Task, hasBegun: boolean): void {
    const { slave } = task.group as TaskGroup;
    const { number, index } = task;
    noteGiven(task).goesOn = { slave, index };
    slave.goOnWith(task);
    if (hasBegun) slave.noteLingering({ number, index });
  }

  /** Ends the runs beside others that have these places at the slave, up to `to`: it will not finish them. */
  endBeside(slave: SlaveRecord, from: number, to: number, onEnd?: (task: Task, run: GivenRun) => void): void {
    for (const task of slave.goingOn) {
      for (const run of task.given ?? []) {
        const { goesOn } = run;
        if (goesOn?.slave !== slave || goesOn.index < from || goesOn.index >= to) continue;
        this.#leave(task, run);
        onEnd?.(task, run);
      }
    }
  }

  /** This run has ended, with any outcome. */
  runEnded(task: Task, run: GivenRun): void {
    if (run.goesOn !== undefined) this.#leave(task, run);
  }

  /** The task has its fate: its other runs are told to stop, or killed. */
  settled(task: Task, killAfterMs: number | undefined): void {
    for (const run of task.given ?? []) {
      if (run.goesOn === undefined) continue;
      const { slave, index } = run.goesOn;
      this.#leave(task, run);
      if (killAfterMs === undefined) this.#commands.cancel(slave, task.number, index);
      else this.#commands.kill(slave, task.number, index, killAfterMs);
    }
  }

  /** Its new session has also ended, with the runs that it continued. */
  gone(slave: SlaveRecord): void {
    for (const task of slave.goingOn) {
      for (const run of task.given ?? []) if (run.goesOn?.slave === slave) run.goesOn = undefined;
    }
    slave.endAllGoingOn();
  }

  #leave(task: Task, run: GivenRun): void {
    const slave = run.goesOn?.slave;
    run.goesOn = undefined;
    if (slave === undefined) return;
    slave.endGoingOn(task);
    slave.endLingering(({ number }) => number === task.number);
  }
}
