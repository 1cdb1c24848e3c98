/**
 * A slave's protocol state: joining, received tasks, outgoing results, and the end of its session.
 * Synchronous and without a clock, a socket or a random number: all effects go out through the ports. It runs
 * no task; `begin` hands one out and `complete` takes its outcome.
 *
 *     joining --welcome--> joined --stale--> joining (new nonce; unacknowledged results are kept)
 *     any --reject, master lost, shutdown--> ended
 */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { FormatError } from '../../errors.js';
import type { SentinelEvent } from '../../link/ports.js';
import { decodeBody, RawReader } from '../../wire/messages/body.js';
import { parseTasks, type TaskEntry } from '../../wire/messages/entries.js';
import {
  CREDIT_BYTES,
  type Farewell,
  type HandshakeMessage,
  type Welcome,
} from '../../wire/messages/messages.js';
import { isShareMessage, parseToSlave } from '../../wire/messages/share-messages.js';
import type { TraceContext } from '../../wire/messages/trace-context.js';
import { Session } from '../../wire/session/session.js';
import { ShareStore } from '../shares/share-store.js';
import { BeginGate } from './begin-gate.js';
import { type GivenTask, type RunOutcome, TIMED_OUT } from './given-task.js';
import { Greeter } from './greeter.js';
import { PortWatch } from './port-watch.js';
import { ResultOutbox } from './result-outbox.js';
import type { RunTracer } from './run-trace.js';
import { RunningTasks } from './running-tasks.js';
import {
  DEFAULT_SHARE_CACHE,
  NO_FILES,
  type SlaveCoreEnd,
  type SlaveCoreOptions,
  type SlavePorts,
} from './slave-ports.js';
import { TaskQueue } from './task-queue.js';
import { TICK_MS } from './ticker.js';

/** The next result acknowledges its task; beats do so as well. */
const ACKNOWLEDGE_WITHIN_MS = 500;

export class SlaveCore {
  readonly #options: SlaveCoreOptions;
  readonly #audit: AuditSink;
  readonly #ports: SlavePorts;
  readonly #queue: TaskQueue;
  readonly #shares: ShareStore;
  readonly #results: ResultOutbox;
  readonly #greeter: Greeter;
  readonly #gate = new BeginGate();
  readonly #portWatch = new PortWatch();
  readonly #running = new RunningTasks();
  #orderedRuns = false;
  #session: Session | undefined;
  #generation = 0;
  /** The master's algorithms, by the index that tasks name. */
  #table: readonly (AlgorithmDefinition | undefined)[] = [];
  #grouping = 0;
  #end: SlaveCoreEnd | undefined;
  #completed = 0;

  constructor(options: SlaveCoreOptions) {
    this.#options = options;
    this.#audit = options.audit;
    this.#ports = options.ports;
    this.#shares = new ShareStore({
      mostBytes: options.shareCache ?? DEFAULT_SHARE_CACHE,
      files: options.ports.files ?? NO_FILES,
      readCopy: options.ports.readCopy,
      onRead: () => this.#ports.news(),
      post: (body) => this.#session?.post(body),
      onAsked: (key, bytes) => this.#audit.emit({ type: 'share-asked', key, bytes }),
      onReceived: (key, bytes) => this.#audit.emit({ type: 'share-received', key, bytes }),
      onDropped: (key, bytes) => this.#audit.emit({ type: 'share-dropped', key, bytes }),
    });
    this.#queue = new TaskQueue({
      claim: options.ports.claim,
      isReady: (shares) => this.#shares.isReady(shares),
      onSkipped: (shares) => this.#shares.release(shares, false),
    });
    this.#results = new ResultOutbox(options.audit, options.ports.takeOffers);
    this.#greeter = new Greeter(options);
  }

  /** Whether the master is gone without a shutdown. */
  get isMasterGone(): boolean {
    return this.#end !== undefined && this.#end.kind !== 'shutdown';
  }

  /** Undefined while the slave works or joins. */
  get end(): SlaveCoreEnd | undefined {
    return this.#end;
  }

  /** Of the session, or of the one to come. */
  get nonce(): string {
    return this.#greeter.nonce;
  }

  get sid(): number | undefined {
    return this.#session?.epoch.sid;
  }

  /** Received tasks that have not begun; some may have been taken back. */
  get waitingTasks(): number {
    return this.#queue.length;
  }

  /** The task that would begin next, if it was not taken back. */
  get nextTask(): GivenTask | undefined {
    return this.#queue.head;
  }

  /** Whether the next task waits for shared values. */
  get isWaitingForShares(): boolean {
    return this.#queue.isWaitingForShares;
  }

  /** Finds the shared values of a task that has begun; throws UsageError for those that it cannot have. */
  sharesOf({ shares }: GivenTask): ((key: string) => unknown) | undefined {
    return shares && this.#shares.finderFor(shares);
  }

  /** Results not sent yet. */
  get waitingResults(): number {
    return this.#results.collected;
  }

  /** Tasks that have begun and not ended. */
  get runningTasks(): number {
    return this.#running.size;
  }

  /** The number of tasks that may run at once. */
  get concurrency(): number {
    return this.#options.concurrency ?? 1;
  }

  /** Tasks run to their end. */
  get completed(): number {
    return this.#completed;
  }

  /** The number of results in one message; 0 is auto. */
  get grouping(): number {
    return this.#grouping;
  }

  /** Whether the master has acknowledged all results. */
  get isDrained(): boolean {
    return this.#results.isDrained;
  }

  // ---- joining

  /** Begins to join, initially and after a session has ended. */
  join(): void {
    this.#greeter.begin(this.#running);
    this.#ports.wantTick?.();
  }

  /** All subscriptions of this nonce are active: hellos may be sent. */
  joinable(nonce: string, now: number): void {
    this.#greeter.listening(nonce);
    this.#greet(now);
  }

  #greet(now: number): void {
    if (this.#session === undefined && this.#end === undefined) this.#greeter.greet(now);
  }

  /** A JSON message on the slave's subject. */
  takeHandshake(message: HandshakeMessage, now: number): void {
    if (message.nonce !== this.nonce || this.#end) return;
    switch (message.type) {
      case 'welcome':
        if (this.#session === undefined) this.#enter(message, now);
        return;
      case 'reject':
        if (this.#session !== undefined) return;
        this.#audit.emit({ type: 'refused-by-master', reason: message.reason });
        this.#finish({ kind: 'refused', reason: message.reason });
        return;
      case 'stale':
        this.#rejoin();
        return;
      case 'hello':
        return;
      default:
        message satisfies never;
    }
  }

  #enter(welcome: Welcome, now: number): void {
    const { run, nonce, sid, limit, maxMessageBytes, resultGroup, algorithms } = welcome;
    const known = new Map(this.#options.algorithms.map((definition) => [definition.name, definition]));
    this.#grouping = resultGroup === 'auto' ? 0 : resultGroup;
    this.#table = algorithms.map((name) => known.get(name));
    const session = new Session({
      epoch: { run, nonce, sid },
      sendLimit: limit,
      receiveLimit: CREDIT_BYTES,
      maxMessageBytes,
      acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS,
      onResend: (side, from) =>
        this.#audit.emit(
          side === 'asked'
            ? { type: 'resend-sent', peer: 'MASTER', stream: 'tasks', from }
            : { type: 'resend-received', peer: 'MASTER', stream: 'results', from },
        ),
    });
    this.#session = session;
    this.#generation = this.#ports.watch(session, welcome);
    this.#queue.reset(this.#greeter.runs.length);
    this.#bring(this.#greeter.runs);
    this.#greeter.joined(run, sid);
    this.#audit.emit({ type: 'id-received', sid: `SLAVE-${sid}` });
    this.#results.open(session, maxMessageBytes);
    this.#shares.open();
    // The master assigns nothing before it has heard a frame of the session.
    session.confirm();
    this.flush(now);
    this.#ports.news();
  }

  /** Tasks that run since an earlier session are the first of this one; some may have ended meanwhile. */
  #bring(runs: readonly GivenTask[]): void {
    for (const [index, task] of runs.entries()) {
      task.index = index;
      task.generation = this.#generation;
      if (!(this.#ports.offer(index) && this.#ports.claim(index))) this.#ports.abort(task);
      else if (!this.#running.has(task)) this.#ports.release(index);
    }
    if (runs.length > 0) this.#ports.renumbered();
  }

  /**
   * The session has ended for the master, perhaps before its welcome arrived: its unstarted tasks are no
   * longer ours, but our results still are.
   */
  #rejoin(): void {
    if (this.#end) return;
    this.#audit.emit({ type: 'stale-received' });
    this.#results.close();
    if (this.#session !== undefined) this.#greeter.left(this.#queue.begun);
    this.#session = undefined;
    this.#queue.reset();
    this.#options.tracer?.dropWaiting();
    this.join();
  }

  #finish(end: SlaveCoreEnd): void {
    if (this.#end === undefined || end.kind === 'shutdown') this.#end = end;
    this.#queue.reset();
    this.#options.tracer?.dropWaiting();
    this.#ports.news();
  }

  // ---- the data plane

  /** A frame that came through the data port. */
  takeFrameOfPort(frame: Buffer, now: number): void {
    this.takeFrame(frame, now);
    if (this.#session?.isAnswered) this.#portWatch.answered();
  }

  /** A frame on the slave's subject. */
  takeFrame(frame: Buffer, now: number): void {
    const session = this.#session;
    if (session === undefined || this.#end || !session.owns(frame)) return;
    try {
      for (const body of session.receive(frame, now)) {
        if (isShareMessage(body)) this.#takeShares(session, body);
        else this.#takeTasks(session, body);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#audit.emit({ type: 'frame-dropped', peer: 'MASTER', reason: error.message });
      this.#rejoin();
      return;
    }
    const announced = session.receiveLimit - session.unannouncedLimit;
    const limit = session.receivedBytes + CREDIT_BYTES;
    session.setReceiveLimit(limit, session.peerWant > announced || limit - announced > CREDIT_BYTES / 4);
    if (session.askedSize > 0) session.grantRoom();
    this.flush(now);
  }

  #takeShares(session: Session, body: Uint8Array): void {
    const message = parseToSlave(body);
    if (this.#shares.take(message)) this.#ports.news();
    // The master sends the next piece when it knows that this one came
    if (message.type === 'piece') session.confirm();
  }

  #takeTasks(session: Session, body: Uint8Array): void {
    const { value, raw } = decodeBody(body);
    const { grouping, tasks, limits, ordered, shares, traces, cells } = parseTasks(value);
    if (cells !== undefined) {
      this.#ports.setCells?.(cells);
      return;
    }
    const timeouts = limits === undefined ? undefined : new Map(limits);
    const reader = new RawReader(raw.length > 0 ? Buffer.from(raw) : raw);
    const { sid } = session.epoch;
    const traceAt = traces && this.#openTraces(sid, tasks, traces);
    const generation = this.#generation;
    this.#grouping = grouping;
    let position = 0;
    for (const entry of tasks) {
      const index = this.#queue.nextIndex();
      const raws = reader.take(entry[5]);
      const timeoutMs = timeouts?.get(position) ?? 0;
      const names = shares?.get(position);
      const trace = traceAt?.(position);
      const endOfGroup = ++position === tasks.length;
      if (!this.#ports.offer(index)) {
        trace?.skip();
        continue;
      }
      this.#queue.push({
        index,
        number: entry[0],
        attempt: entry[1],
        sid,
        generation,
        definition: this.#table[entry[2]],
        json: entry[3],
        meta: entry[4],
        raws,
        shares: names && this.#shares.acquire(names),
        trace,
        timeoutMs,
        isTimed: timeoutMs > 0,
        ordered,
        endOfGroup,
      });
    }
    this.#audit.emit({ type: 'tasks-received', count: tasks.length, grouping });
    this.#ports.news();
  }

  #openTraces(
    sid: number,
    tasks: readonly TaskEntry[],
    traces: ReadonlyMap<number, TraceContext>,
  ): ReturnType<RunTracer['open']> | undefined {
    return this.#options.tracer?.open(
      `SLAVE-${sid}`,
      traces,
      tasks.map(([number, attempt, algorithm]) => ({
        taskId: `TASK-${number}`,
        attempt,
        algorithm: this.#table[algorithm]?.name ?? 'unknown',
      })),
    );
  }

  /** Sends waiting data, as far as credit and link allow. */
  flush(now: number): void {
    const session = this.#session;
    if (session === undefined) return;
    session.flush(this.#ports.send, now);
    this.#ports.positions(session);
    this.#ports.wantTick?.();
  }

  /** Whether frames go through the data port. */
  get isOnPort(): boolean {
    return this.#session?.isOnPort === true;
  }

  /** The data port that the welcome offered stands. */
  takePort(now: number): void {
    this.#portWatch.restart(now);
    this.#session?.takePort(now);
    this.flush(now);
  }

  /** It is gone. */
  losePort(now: number): void {
    this.#session?.losePort();
    this.flush(now);
  }

  /** After a reconnection. */
  reconnected(now: number): void {
    this.#greeter.hurry();
    this.#session?.reconnected();
    this.flush(now);
    this.#greet(now);
  }

  /**
   * From a `tick` to the next one that is of use; Infinity while only an input can change anything. Then
   * `wantTick` is called.
   */
  get restMs(): number {
    const session = this.#session;
    if (this.#end) return Number.POSITIVE_INFINITY;
    // Hellos are repeated, and a task that waits may wait for results to leave.
    if (session === undefined || this.#queue.length > 0) return TICK_MS;
    if (session.needsTick || session.hasUnsent) return TICK_MS;
    return session.isOnPort ? this.#portWatch.restMs : Number.POSITIVE_INFINITY;
  }

  /** Call it after `restMs`, or sooner, and within 100 ms after `wantTick`. */
  tick(now: number): void {
    this.#greet(now);
    this.#session?.tick(now);
    if (this.#session?.isOnPort) this.#tickPort(this.#session, now);
    this.flush(now);
  }

  #tickPort(session: Session, now: number): void {
    const due = this.#portWatch.tick(now);
    if (due === 'ask') session.question();
    else if (due === 'leave') this.#ports.leavePort?.();
  }

  // ---- the control plane

  takeSentinelEvent(event: SentinelEvent, now: number): void {
    switch (event.type) {
      case 'beat':
        if (event.nonce === this.nonce) this.#session?.takeBeat(event, now);
        this.flush(now);
        return;
      case 'stale':
      case 'bye':
        if (event.nonce === this.nonce) this.#rejoin();
        return;
      case 'shutdown':
        this.#audit.emit({ type: 'shutdown-received' });
        this.#finish({ kind: 'shutdown' });
        return;
      case 'lost':
        if (this.#end) return;
        this.#audit.emit({ type: 'master-lost', evidence: event.evidence });
        this.#finish({ kind: 'master-lost', evidence: event.evidence });
        return;
      case 'cancel':
        for (const task of this.#running) {
          if (task.index !== event.index || task.generation !== this.#generation) continue;
          this.#ports.abort(task);
          if (event.kill === undefined) continue;
          task.isTimed = true;
          this.#ports.kill(task, event.kill.afterMs);
        }
        return;
      default:
        return;
    }
  }

  // ---- running tasks

  /**
   * The next task to run, claimed. Undefined if there is none, if the allowed number is running, or if
   * results must be sent first. Tasks begin in the order of arrival, so an ordered one that must wait holds
   * up the rest.
   */
  begin(now: number): GivenTask | undefined {
    if (this.#end || this.#running.size >= this.concurrency) return undefined;
    if (!this.#gate.tryPass(this.#session?.waitingBytes ?? 0, now)) return undefined;
    const task = this.#queue.take(this.#orderedRuns);
    if (task === undefined) return undefined;
    this.#running.add(task);
    if (task.ordered) this.#orderedRuns = true;
    if (task.shares !== undefined) this.#shares.begin(task.shares);
    if (task.isTimed) this.#ports.startClock(task);
    return task;
  }

  /** Takes the outcome of a task; true if this completed a message of results, which leaves with `flush`. */
  complete(task: GivenTask, outcome: RunOutcome, micros: number, now: number): boolean {
    const full = this.#collect(task, outcome, micros, now);
    if (this.#end || (!full && this.#queue.length > 0 && !this.isWaitingForShares)) return false;
    this.#results.post(this.#queue.length === 0);
    return true;
  }

  /**
   * The same for a task that ran beside others: its result waits for `sendResults`, unless groups are exact.
   */
  completeBeside(task: GivenTask, outcome: RunOutcome, micros: number, now: number): void {
    const full = this.#collect(task, outcome, micros, now);
    if (full && this.#grouping > 0) this.#results.post(this.#queue.length === 0);
  }

  /** True when the message of results is full. */
  #collect(task: GivenTask, outcome: RunOutcome, micros: number, now: number): boolean {
    this.#running.delete(task);
    if (task.shares !== undefined) this.#shares.release(task.shares, true);
    if (task.ordered) this.#orderedRuns = false;
    // This comes first: a sentinel that has condemned the run ends the process here, before another task
    // begins.
    const isLate = task.isTimed && (this.#ports.stopClock(task) || isOverLimit(task, micros));
    if (task.trace !== undefined) task.trace.end(isLate ? TIMED_OUT : outcome);
    if (task.generation === this.#generation && this.#session !== undefined) this.#ports.release(task.index);
    if (this.#end) return false;
    this.#completed++;
    this.#gate.note(micros);
    return this.#results.add(task, isLate ? TIMED_OUT : outcome, micros, this.#grouping, now);
  }

  /** From now on no task begins; running ones may end. The slave is about to say its `farewell`. */
  leave(now: number): void {
    this.#queue.close();
    this.#options.tracer?.dropWaiting();
    this.sendResults(now);
  }

  /** The statement about the tasks of this session; undefined while there is none. */
  farewell(error: string | undefined): Farewell | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    const running: number[] = [];
    for (const task of this.#running) if (task.generation === this.#generation) running.push(task.index);
    return { running, begun: this.#queue.begun, sent: session.sentThrough, error };
  }

  /** Sends the results that were held back to fill a message. */
  sendResults(now: number): void {
    this.#results.post(this.#queue.length === 0);
    this.flush(now);
  }
}

function isOverLimit({ timeoutMs }: GivenTask, micros: number): boolean {
  return timeoutMs > 0 && micros > timeoutMs * 1000;
}
