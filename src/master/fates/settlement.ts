/**
 * Gives each task its one fate: from a result, from its policy after its last run, or because the program
 * cancels it. reclaim.ts takes back the tasks of lost slaves.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { AuditedAttempt } from '../../audit/events.js';
import { KILLED, OTHER_ERRORS, whyUnrunnable } from '../../audit/format/failure-words.js';
import { type FailedAttempt, TaskKilledError, UnrunnableError, type UnrunnableReason } from '../../errors.js';
import { type Body, decodeBody, RawReader } from '../../wire/messages/body.js';
import { parseResults, RESULT_STATUS, type ResultEntry } from '../../wire/messages/entries.js';
import type { CellOffer } from '../../wire/messages/messages.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { encodeStoredResult } from '../checkpoint/stored-result.js';
import { nextAverage, nextLong, nextQuick, nextWindow } from '../dispatch/grouping.js';
import type { AbortWatch } from '../jar/abort-watch.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { EndWatch } from '../model/end-watch.js';
import { readFate } from '../model/read-fate.js';
import type { RunWatch } from '../model/run-watch.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import { TaskFate } from '../model/task-fate.js';
import type { TaskGroup } from '../model/task-group.js';
import type { ShareRegistry } from '../shares/share-registry.js';
import { tellBegunRuns } from './begun-runs.js';
import type { Comebacks } from './comebacks.js';
import type { FailedTasks } from './failed-tasks.js';
import type { FateBox } from './fate-box.js';
import type { Ledger } from './ledger.js';
import { Reclaimer } from './reclaim.js';
import { mayRunAgain, Retries } from './retries.js';
import type { RunNotes } from './run-notes.js';
import type { Thrown, ThrownKind } from './thrown.js';

/** A run that takes longer makes the time to wake another slave unimportant. */
const WARM_MICROS = 1_000;

export interface SettlementOptions {
  readonly jar: TaskJar;
  readonly fates: FateBox;
  readonly ledger: Ledger;
  readonly thrown: Thrown;
  readonly audit: AuditSink;
  readonly runNotes?: RunNotes | undefined;
  readonly resultGroup: number | 'auto';
  /** Of the master. */
  readonly run: string;
  /** A run of a settled task still goes on; if it is killed, it has this time to stop. */
  readonly onSuperfluous: (slave: SlaveRecord, task: Task, index: number, killAfterMs?: number) => void;
  readonly aborts: AbortWatch;
  /** Unix milliseconds. */
  readonly wallClock: () => number;
  readonly checkpoint?: Checkpoint | undefined;
  readonly comebacks: Comebacks;
  /** Offers to cells, which tasks of a slave made before their results. */
  readonly takeOffers?: ((slave: SlaveRecord, offers: readonly CellOffer[]) => void) | undefined;
  readonly shares: ShareRegistry;
  /** A task that was given up stood in the line of a reservation. */
  readonly onLeftLine: (task: Task) => void;
}

/** How a task is given up. */
export interface GiveUpOptions extends ErrorOptions {
  /** Whether its runs are killed, if it has any. */
  readonly kills?: boolean;
  /** The failed task whose value it needed. */
  readonly failedTaskId?: string | undefined;
}

export class Settlement {
  readonly #jar: TaskJar;
  readonly #fates: FateBox;
  readonly #ledger: Ledger;
  readonly #thrown: Thrown;
  readonly #audit: AuditSink;
  readonly #runNotes: RunNotes | undefined;
  readonly #retries: Retries;
  /** Of what lost slaves were given. */
  readonly reclaimer: Reclaimer;
  readonly #onSuperfluous: SettlementOptions['onSuperfluous'];
  readonly #aborts: AbortWatch;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #comebacks: Comebacks;
  readonly #takeOffers: SettlementOptions['takeOffers'];
  readonly #shares: ShareRegistry;
  readonly #onLeftLine: SettlementOptions['onLeftLine'];
  #runWatch: RunWatch | undefined;
  #failed: FailedTasks | undefined;
  #endWatch: EndWatch | undefined;

  constructor({
    jar,
    fates,
    ledger,
    thrown,
    audit,
    runNotes,
    resultGroup,
    run,
    onSuperfluous,
    aborts,
    wallClock,
    checkpoint,
    comebacks,
    takeOffers,
    shares,
    onLeftLine,
  }: SettlementOptions) {
    this.#takeOffers = takeOffers;
    this.#jar = jar;
    this.#fates = fates;
    this.#ledger = ledger;
    this.#thrown = thrown;
    this.#audit = audit;
    this.#runNotes = runNotes;
    this.#onSuperfluous = onSuperfluous;
    this.#checkpoint = checkpoint;
    this.#comebacks = comebacks;
    this.#shares = shares;
    this.#onLeftLine = onLeftLine;
    this.#aborts = aborts;
    this.#retries = new Retries({
      run,
      jar,
      audit,
      wallClock,
      resume: (task) => comebacks.resume(task),
      giveUp: (task, reason, message) => this.giveUp(task, reason, message),
    });
    this.reclaimer = new Reclaimer({
      jar,
      audit,
      runNotes,
      comebacks,
      wallClock,
      resultGroup,
      retries: this.#retries,
      giveUp: (task, reason, message) => this.giveUp(task, reason, message),
    });
  }

  /** Tasks that fail from now on are kept there. */
  keepFailed(failed: FailedTasks): void {
    this.#failed = failed;
  }

  /** Tells an observer of each task that gets its fate from now on. */
  watchEnds(watch: EndWatch): void {
    this.#endWatch = watch;
  }

  /** Measures runs from now on. */
  watchRuns(watch: RunWatch): void {
    this.#runWatch = watch;
  }

  /** Takes a results message; throws FormatError when it is malformed. */
  takeResults(slave: SlaveRecord, body: Uint8Array, now: number): void {
    const { value, raw } = decodeBody(body);
    const { sid, dry, results, offers } = parseResults(value);
    if (offers !== undefined) {
      this.#takeOffers?.(slave, offers);
      return;
    }
    if (!slave.countResults(sid, results.length)) {
      const reason = `results of SLAVE-${sid}, which it has not been`;
      this.#audit.emit({ type: 'frame-dropped', peer: slave.sid, reason });
      return;
    }
    this.#audit.emit({ type: 'results-received', sid: slave.sid, count: results.length });
    if (this.#runWatch !== undefined) {
      tellBegunRuns(this.#runWatch, this.#jar, { slave, sid, results, now });
    }
    this.#runNotes?.noteResults(slave, sid, results);
    this.#endWatch?.resultsCome();
    const reader = new RawReader(raw);
    const bytes = Math.ceil(body.length / Math.max(1, results.length));
    let micros = 0;
    let failed = 0;
    const { runs } = this.#jar.queues;
    const isTracked = !runs.isEmpty;
    for (const entry of results) {
      if (isTracked) runs.takeResult(slave, entry[0], sid, entry[1], entry[3] / 1000, now);
      const raws = reader.take(entry[6]);
      this.#takeResult(slave, sid, entry, raws, bytes, now);
      micros += entry[3];
      if (entry[2] !== RESULT_STATUS.packet) failed++;
    }
    this.#ledger.compute(slave, results.length, micros, failed);
    slave.noteResults(now, failed === 0 && micros < WARM_MICROS * results.length);
    const moreWaits = this.#jar.hasReady || slave.hasMail;
    if (moreWaits) slave.setWindow(nextWindow(slave.window, micros / 1e6, body.length, dry));
  }

  #takeResult(
    slave: SlaveRecord,
    sid: number,
    entry: ResultEntry,
    raws: readonly Uint8Array[],
    bytes: number,
    now: number,
  ): void {
    const number = entry[0];
    const attempt = entry[1];
    const task = this.#jar.find(number);
    const runsHere = task?.group?.slave === slave && task.runsAs(sid, attempt);
    const earlier = runsHere ? undefined : task?.givenRun(sid, attempt);
    if (task === undefined || !(runsHere || earlier)) {
      const reason = task === undefined ? 'the task has its fate' : 'it was given to another slave';
      this.#drop(slave, number, reason);
      return;
    }
    if (earlier !== undefined) this.#comebacks.runEnded(task, earlier);
    const sentAt = runsHere ? task.group?.sentAt : undefined;
    // The slave's statement of its time affects the groups of all others, so it is limited to the time that
    // it had the task.
    const had = sentAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, now - sentAt) / 1_000;
    const seconds = Math.min(entry[3] / 1e6, had);
    const isLate = entry[2] === RESULT_STATUS.timeout && task.policy.timeoutSeconds !== undefined;
    const mayRetry = entry[2] === RESULT_STATUS.error && mayRunAgain(task, runsHere);
    const thrown = mayRetry ? readFate(task, sid, entry, raws, seconds, bytes) : undefined;
    const next = thrown && this.#retries.judgeError(task, thrown, attempt);
    if (thrown !== undefined && task.state === 'settled') {
      this.#drop(slave, number, 'the task has its fate');
      return;
    }
    // An earlier run, believed lost, has failed: another one is under way, or will be.
    if ((next !== undefined || isLate) && !runsHere) {
      const reason = 'it failed there, and is run again already';
      if (earlier !== undefined) this.#retries.charge(task, earlier, slave, reason, false, seconds);
      this.#drop(slave, number, reason);
      return;
    }
    if (task.group !== undefined) this.#release(task, !runsHere);
    if (sentAt !== undefined) {
      task.algorithm.seconds = nextAverage(task.algorithm.seconds, seconds);
      task.algorithm.longSeconds = nextLong(task.algorithm.longSeconds, seconds);
      task.algorithm.quickSeconds = nextQuick(task.algorithm.quickSeconds, seconds);
      task.algorithm.resultBytes = nextAverage(task.algorithm.resultBytes, bytes);
    }
    if (isLate) {
      this.#retries.afterTimeout(task, slave, seconds, now);
      return;
    }
    // Before the entry is read, which turns it into the packet.
    const keep = entry[2] === RESULT_STATUS.packet && this.#checkpoint?.keeps(task);
    const stored = keep ? encodeStoredResult(sid, entry, raws) : undefined;
    const fate = thrown ?? readFate(task, sid, entry, raws, seconds, bytes);
    if (fate.status === 'error') {
      const kind = this.#thrown.note(fate, attempt);
      if (next !== undefined) {
        const run = { error: fate.error, frame: kind.frame, seconds };
        this.#retries.afterError(task, slave, run, next, now);
        return;
      }
      this.#noteThrown(task, kind);
    }
    this.#decide(task, fate, stored);
  }

  /** A checkpoint hands fates over in its own order, except for those of broadcasts and of tasks that the program took back. */
  #decide(task: Task, fate: TaskFate, stored?: Body, killAfterMs?: number): void {
    if (task.given !== undefined) this.#comebacks.settled(task, killAfterMs);
    if (this.#checkpoint === undefined || fate.isUnwanted || task.policy.isBroadcast) {
      this.#jar.settle(task);
      this.handOver(task, fate);
      return;
    }
    this.#forgetSignal(task);
    this.#jar.withhold(task);
    this.#checkpoint.take(task, fate, fate.status === 'ok' ? stored : undefined);
  }

  #forgetSignal(task: Task): void {
    const { signal, scopeSignal } = task.policy;
    if (signal !== undefined) this.#aborts.forget(task, signal);
    if (scopeSignal !== undefined) this.#aborts.forget(task, scopeSignal);
  }

  #drop(slave: SlaveRecord, number: number, reason: string): void {
    slave.endLingering((run) => run.number === number);
    this.#audit.emit({ type: 'result-dropped', sid: slave.sid, taskId: `TASK-${number}`, reason });
  }

  /** A task of this session did not stop in time, and its slave is ended for it. */
  takeOverdue(slave: SlaveRecord, index: number, now: number): void {
    slave.noteOverdue(index);
    const task = slave.openTasks().find((task) => task.index === index);
    if (task === undefined) {
      this.#comebacks.endBeside(slave, index, index + 1, (task, run) =>
        this.#retries.charge(task, run, slave, 'it did not stop in time', false),
      );
      return;
    }
    this.#runNotes?.noteOverdue(slave, task, now);
    this.#release(task, false);
    this.#retries.afterTimeout(task, slave, undefined, now);
  }

  /** Takes a running task out of its group; another run of it is told to stop. */
  #release(task: Task, superfluous: boolean, killAfterMs?: number): void {
    const group = task.group as TaskGroup;
    const { slave } = group;
    const { index } = task;
    task.leaveGroup();
    slave.release(group, task.addressee !== undefined);
    if (slave.outstanding === 0) slave.machine.send('all-settled');
    if (superfluous) this.#onSuperfluous(slave, task, index, killAfterMs);
  }

  /** Gives the program a fate. */
  handOver(task: Task, fate: TaskFate): void {
    this.#forgetSignal(task);
    if (task.shares !== undefined) this.#shares.settled(task.shares);
    this.#ledger.settle(task, fate);
    this.#endWatch?.ended(task, fate);
    if (task.future === undefined) this.#fates.put(fate);
    else if (fate.status === 'ok') task.future.resolve(fate.packet);
    else task.future.reject(fate.error as Error);
  }

  /** The task can never run (again). */
  giveUp(task: Task, reason: UnrunnableReason, message: string, options: GiveUpOptions = {}): void {
    const lastSid = lastSidOf(task);
    const { policy, group } = task;
    const stoodInLine = task.state === 'blocked' && policy.reservation !== undefined;
    const { kills = false, ...causes } = options;
    const killAfterMs = kills ? Math.round(policy.killGraceSeconds * 1000) : undefined;
    if (reason === 'killed' && group !== undefined) this.#retries.noteKilled(task, group.slave);
    if (group !== undefined) this.#release(task, true, killAfterMs);
    const history = task.history ?? [];
    const error =
      reason === 'killed'
        ? new TaskKilledError(task.identity, message, history, policy.category, causes)
        : new UnrunnableError(task.identity, reason, message, history, causes);
    this.#tell(task, reason, lastSid, history);
    this.#decide(task, TaskFate.unrunnable(task, lastSid, error), undefined, killAfterMs);
    if (stoodInLine) this.#onLeftLine(task);
  }

  #tell(
    task: Task,
    reason: UnrunnableReason,
    lastSid: number | undefined,
    history: readonly FailedAttempt[],
  ): void {
    const { id: taskId, policy, algorithm: entry } = task;
    const { definition } = entry;
    const { category } = policy;
    const algorithm = definition.name;
    const sid = lastSid === undefined ? undefined : `SLAVE-${lastSid}`;
    if (reason === 'cancelled') this.#audit.emit({ type: 'task-cancelled', taskId, algorithm, sid });
    else if (reason === 'killed') {
      this.#audit.emit({ type: 'task-killed', taskId, algorithm, category, sid });
      this.#failed?.note(task, { kind: 'unrunnable', algorithm, text: KILLED, frame: undefined });
    } else {
      const runs = history.map(auditedAttempt);
      this.#audit.emit({ type: 'task-unrunnable', taskId, algorithm, reason, history: runs });
      const text = whyUnrunnable({ reason, history: runs });
      this.#failed?.note(task, { kind: 'unrunnable', algorithm, text, frame: undefined });
    }
  }

  #noteThrown(task: Task, { message = OTHER_ERRORS, frame }: ThrownKind): void {
    this.#failed?.note(task, {
      kind: 'threw',
      algorithm: task.algorithm.definition.name,
      text: message,
      frame,
    });
  }

  /** The task gets a second run next, beside the one that it has, which has likely begun or not. */
  setAside(task: Task, hasBegun: boolean): void {
    this.#comebacks.goOnBeside(task, hasBegun);
    this.#release(task, false);
  }

  /** The slave's run of a task is known to have ended, or never begins, without a result that counts. */
  endRun(slave: SlaveRecord, number: number): void {
    this.#jar.queues.runs.end(slave, number);
  }

  /** Takes unstarted tasks back from a living slave: those of this session from `from` up to `to`. */
  takeBack(slave: SlaveRecord, from: number, to: number): void {
    this.#comebacks.endBeside(slave, from, to);
    this.#jar.queues.runs.endBetween(slave, from, to);
    const back = slave.openTasks().filter(({ index }) => index >= from && index < to);
    for (const task of back.reverse()) {
      this.#release(task, false);
      if (!this.#comebacks.resume(task)) this.#jar.putBack(task);
    }
    if (back.length > 0) this.#audit.emit({ type: 'tasks-recalled', sid: slave.sid, count: back.length });
  }
}

function auditedAttempt({ sid, attempt, doubtful, evidence }: FailedAttempt): AuditedAttempt {
  return { sid, attempt, evidence: doubtful ? `perhaps not begun; ${evidence}` : evidence };
}

/** The slave that was given the task last, otherwise the one that it was addressed to. */
function lastSidOf({ group, given, policy, addressee }: Task): number | undefined {
  const lastGiven = group?.slave.number ?? given?.at(-1)?.sid ?? addressee?.number;
  if (lastGiven !== undefined || policy.sid === undefined) return lastGiven;
  return Number(policy.sid.slice('SLAVE-'.length));
}
