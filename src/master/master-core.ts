/**
 * The master's decisions, joined: submissions, frames, the sentinel's events and the passing of time go
 * in; frames, commands, audit events and fates come out through the ports. Synchronous and without a
 * clock, a socket or a random number, so that it runs in a simulation as it does in a process.
 */

import type { AlgorithmDefinition, ResolvedPolicy, TaskId } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import { FormatError, MessageSizeError, UsageError } from '../errors.js';
import type { SentinelEvent } from '../link/ports.js';
import { encodeValue } from '../wire/codec.js';
import { AssemblyBudget, CreditPool } from '../wire/credit.js';
import type { Command, HandshakeMessage, Hello } from '../wire/messages.js';
import { CREDIT_BYTES } from '../wire/messages.js';
import { Session } from '../wire/session.js';
import type { SessionAddress } from '../wire/subjects.js';
import { Dispatcher } from './dispatcher.js';
import { FateBox, type Selection } from './fate-box.js';
import { judgeHello, parseHello } from './reception.js';
import { Roster } from './roster.js';
import { Settlement } from './settlement.js';
import { SlaveMachine, type SlaveState } from './slave-machine.js';
import { SlaveRecord } from './slave-record.js';
import { type AlgorithmEntry, type FutureSettler, Task } from './task.js';
import { TaskJar } from './task-jar.js';

/** Bytes of a message around the arguments of its only task. */
const MESSAGE_OVERHEAD = 128;

/** What the core needs done. */
export interface MasterPorts {
  /** A data frame to one slave; false if the link takes none now. */
  readonly send: (slave: SlaveRecord, frame: Buffer) => boolean;
  /** `memberId` is that of the slave, where it is not the master's. */
  readonly sendHandshake: (address: SessionAddress, message: HandshakeMessage, memberId?: string) => void;
  /** Have the sentinel beat to a slave and judge it, from before its welcome until `forget`. */
  readonly watch: (slave: SlaveRecord) => void;
  readonly forget: (slave: SlaveRecord) => void;
  readonly command: (slave: SlaveRecord, id: number, body: Command) => void;
  /** The positions of a session have changed. */
  readonly positions: (slave: SlaveRecord) => void;
  /** At least one fate was decided, or a slave came or went. */
  readonly news: () => void;
}

export interface MasterCoreOptions {
  readonly run: string;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly taskGroup: number | 'auto';
  readonly resultGroup: number | 'auto';
  readonly maxMessageBytes: number;
  readonly clientTimeoutMs: number;
  readonly allowVersionSkew: boolean;
  readonly broker: 'embedded' | 'external';
  readonly audit: AuditSink;
  readonly ports: MasterPorts;
}

export class MasterCore {
  readonly box = new FateBox();
  readonly roster = new Roster();
  readonly #options: MasterCoreOptions;
  readonly #audit: AuditSink;
  readonly #ports: MasterPorts;
  readonly #jar = new TaskJar();
  readonly #entries = new Map<AlgorithmDefinition, AlgorithmEntry>();
  readonly #credit = new CreditPool();
  readonly #assemblies: AssemblyBudget;
  readonly #settlement: Settlement;
  readonly #dispatcher: Dispatcher;
  /** Sessions with something to send. */
  readonly #restless = new Map<Session, SlaveRecord>();
  readonly #bySession = new Map<Session, SlaveRecord>();
  #ending = false;
  /** Loops of the program that wait for news: nothing is held back from them. */
  readersWaiting = 0;

  constructor(options: MasterCoreOptions) {
    this.#options = options;
    this.#audit = options.audit;
    this.#ports = options.ports;
    this.#assemblies = new AssemblyBudget(2 * options.maxMessageBytes);
    for (const [index, definition] of options.algorithms.entries()) {
      this.#entries.set(definition, {
        definition,
        index,
        targetNumber: 0,
        pending: 0,
        seconds: undefined,
      });
    }
    const { box } = this;
    const jar = this.#jar;
    this.#settlement = new Settlement({
      jar,
      box,
      audit: this.#audit,
      resultGroup: options.resultGroup,
      onSuperfluous: (slave, index) => this.#command(slave, { command: 'cancel', index }),
    });
    this.#dispatcher = new Dispatcher({
      jar,
      isHeld: ({ future, algorithm }) => future === undefined && this.#isHeld(algorithm),
      taskGroup: options.taskGroup,
      resultGroup: options.resultGroup,
      maxMessageBytes: options.maxMessageBytes,
      onGiven: (slave, { tasks }) => {
        this.#restless.set(slave.session, slave);
        this.#audit.emit({ type: 'tasks-sent', sid: slave.sid, count: tasks.length });
        if (slave.machine.state === 'idle') slave.machine.send({ type: 'tasks-given' });
      },
    });
  }

  /** Tasks queued and running. */
  get pending(): number {
    return this.#jar.pending;
  }

  get queued(): number {
    return this.#jar.queued;
  }

  /** What this master knows of an algorithm; throws UsageError if it was defined too late. */
  entryOf(definition: AlgorithmDefinition): AlgorithmEntry {
    const entry = this.#entries.get(definition);
    if (entry !== undefined) return entry;
    throw new UsageError(
      `algorithm ${JSON.stringify(definition.name)} was defined after its master started; define it where the program's modules are loaded`,
    );
  }

  // ---- the program's side

  /** Queues a task; `dispatch` gives it out. Throws EncodeError, MessageSizeError, UsageError. */
  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    future?: FutureSettler,
  ): TaskId {
    const entry = this.entryOf(definition);
    const { text, raws, byteLength } = encodeValue(args);
    const { maxMessageBytes } = this.#options;
    if (byteLength + MESSAGE_OVERHEAD > maxMessageBytes) {
      throw new MessageSizeError(`the arguments of a ${definition.name} task`, byteLength, maxMessageBytes);
    }
    const task = new Task(this.#jar.nextNumber(), entry, text, raws, byteLength, policy, future);
    this.#jar.add(task);
    if (policy.sid !== undefined && !policy.doItAnyway) this.#refuseSid(task, policy.sid);
    return task.id;
  }

  /** Every slave is unordered so far, and CL-MW counts those as unwilling to take ordered tasks. */
  #refuseSid(task: Task, sid: string): void {
    this.#settlement.giveUp(task, 'unknown-sid', `no ordered slave has the sid ${sid}`);
    this.#news();
  }

  /** Gives a task up wherever it is; false when it has its fate already. */
  cancel(number: number, now: number): boolean {
    const task = this.#jar.find(number);
    if (task === undefined) return false;
    this.#settlement.giveUp(task, 'cancelled', `${task.id} was cancelled by the program`);
    this.#news();
    this.flush(now);
    return true;
  }

  /** Whether nothing of a selection is pending or untaken. */
  isIdle(selection: Selection): boolean {
    if (this.box.has(selection)) return false;
    if (selection === undefined) return this.#jar.pending === 0;
    for (const entry of selection) if (entry.pending > 0) return false;
    return true;
  }

  /** Gives out what can be given out; a program that waits on its master is never held up. */
  dispatch(now: number): void {
    if (this.#ending) return;
    this.#jar.release((algorithm) => this.#isHeld(algorithm));
    this.#dispatcher.dispatch(this.roster.size, now);
    this.flush(now);
  }

  /** Tasks whose results nobody takes wait, unless the program waits for news. */
  #isHeld(algorithm: AlgorithmEntry): boolean {
    return this.readersWaiting === 0 && this.box.isFull(algorithm);
  }

  // ---- the data plane

  /** A JSON message on a hello subject. */
  takeHello(value: unknown, address: SessionAddress): void {
    const hello = parseHello(value);
    if (hello === undefined || hello.nonce !== address.nonce || this.#ending) return;
    const known = this.roster.find(address);
    if (known !== undefined) {
      this.#welcome(known);
      return;
    }
    if (this.roster.hasEnded(hello.nonce)) {
      this.#ports.sendHandshake(address, { type: 'stale', nonce: hello.nonce });
      return;
    }
    const { host, pid } = hello;
    this.#audit.emit({ type: 'hello-received', host, pid });
    const verdict = judgeHello(hello, this.#options);
    if (!verdict.accepted) {
      this.#refuse(hello, address, verdict.reason);
      return;
    }
    const slave = this.#admit(hello, address);
    if (verdict.skewed.length > 0) {
      const algorithms = verdict.skewed.join(', ');
      this.#audit.emit({ type: 'skew-accepted', sid: slave.sid, algorithms });
    }
    this.#welcome(slave);
  }

  #refuse({ nonce, memberId: got, host, pid }: Hello, address: SessionAddress, reason: string): void {
    const expected = this.#options.memberId;
    if (got !== expected) this.#audit.emit({ type: 'member-refused', expected, got, host, pid });
    else this.#audit.emit({ type: 'hello-refused', host, pid, reason });
    this.#ports.sendHandshake(address, { type: 'reject', nonce, reason }, got);
  }

  #admit(hello: Hello, address: SessionAddress): SlaveRecord {
    const { run, memberId, maxMessageBytes } = this.#options;
    const number = this.roster.nextNumber();
    const session = new Session({
      epoch: { run, nonce: hello.nonce, sid: number },
      sendLimit: CREDIT_BYTES,
      receiveLimit: this.#credit.nextBase(),
      maxMessageBytes,
    });
    const machine = new SlaveMachine((state) => this.#onMove(slave, state));
    const { host, pid } = hello;
    const slave = new SlaveRecord(number, address, host, pid, session, machine);
    this.#credit.join(session);
    this.roster.add(slave);
    this.#bySession.set(session, slave);
    if (hello.previous !== undefined) {
      this.#audit.emit({ type: 'slave-rejoined', sid: slave.sid, previousSid: `SLAVE-${hello.previous}` });
    }
    const { sid } = slave;
    this.#audit.emit({ type: 'slave-connecting', sid, host, pid, memberId, kind: 'unordered' });
    this.#ports.watch(slave);
    return slave;
  }

  #welcome(slave: SlaveRecord): void {
    const { run, resultGroup, algorithms, broker, clientTimeoutMs, maxMessageBytes } = this.#options;
    this.#ports.sendHandshake(slave.address, {
      type: 'welcome',
      run,
      nonce: slave.nonce,
      sid: slave.number,
      resultGroup,
      algorithms: algorithms.map(({ name }) => name),
      broker,
      limit: slave.session.receiveLimit,
      clientTimeoutMs,
      maxMessageBytes,
    });
  }

  /** A frame on a slave's subject. */
  takeFrame(address: SessionAddress, frame: Buffer, now: number): void {
    const slave = this.roster.find(address);
    if (slave === undefined || !slave.session.owns(frame)) {
      if (this.roster.hasEnded(address.nonce)) {
        this.#ports.sendHandshake(address, { type: 'stale', nonce: address.nonce });
      }
      return;
    }
    try {
      const { session, machine } = slave;
      const bodies = session.receive(frame, now);
      if (machine.state === 'connecting') machine.send({ type: 'confirmed' });
      if (bodies.length > 0 && machine.state !== 'shutting-down') {
        for (const body of bodies) this.#settlement.takeResults(slave, body);
        this.#news();
      }
      this.#restless.set(session, slave);
      this.#noteServed(this.#credit.received(session));
      this.#noteServed(this.#assemblies.review(session));
      this.#dispatcher.lineUp(slave);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#audit.emit({ type: 'frame-dropped', peer: slave.sid, reason: error.message });
      this.#lose(slave, `it broke the protocol: ${error.message}`, now);
    }
    this.dispatch(now);
  }

  #noteServed(sessions: readonly Session[]): void {
    for (const session of sessions) {
      const slave = this.#bySession.get(session);
      if (slave !== undefined) this.#restless.set(session, slave);
    }
  }

  /** Sends what sessions have to say, as far as the link takes it. */
  flush(now: number): void {
    for (const [session, slave] of this.#restless) {
      this.#restless.delete(session);
      let refused = false;
      session.flush((frame) => {
        refused = !this.#ports.send(slave, frame);
        return !refused;
      }, now);
      this.#ports.positions(slave);
      if (refused) {
        this.#restless.set(session, slave);
        return;
      }
    }
  }

  /** After a reconnection every session says where it stands. */
  reconnected(now: number): void {
    for (const slave of this.roster) {
      slave.session.reconnected();
      this.#restless.set(slave.session, slave);
    }
    this.flush(now);
  }

  /** To be called about every 100 ms. */
  tick(now: number): void {
    for (const slave of this.roster) {
      slave.session.tick(now);
      this.#restless.set(slave.session, slave);
      this.#dispatcher.lineUp(slave);
    }
    if (this.#jar.pending > 0) {
      const giver = this.#dispatcher.chooseRecall(this.roster, now);
      if (giver !== undefined) this.#recall(giver);
    }
    this.dispatch(now);
  }

  // ---- the control plane

  takeSentinelEvent(event: SentinelEvent, now: number): void {
    if (!('nonce' in event)) return;
    const slave = this.roster.findByNonce(event.nonce);
    if (slave === undefined) return;
    switch (event.type) {
      case 'beat':
        if (event.begun !== undefined) slave.begun = Math.max(slave.begun, event.begun);
        if (slave.machine.state === 'connecting') slave.machine.send({ type: 'confirmed' });
        slave.session.takeBeat(event, now);
        this.#restless.set(slave.session, slave);
        this.#dispatcher.lineUp(slave);
        break;
      case 'suspect':
        slave.suspected = true;
        this.#audit.emit({ type: 'slave-suspected', sid: slave.sid, evidence: event.evidence });
        break;
      case 'cleared':
        slave.suspected = false;
        this.#audit.emit({ type: 'suspicion-ended', sid: slave.sid, evidence: 'it was heard again' });
        this.#dispatcher.lineUp(slave);
        break;
      case 'lost':
        this.#lose(slave, event.evidence, now);
        break;
      case 'bye':
        this.#leave(slave);
        break;
      case 'acknowledged':
        this.#takeAcknowledgement(slave, event.id, event.from);
        break;
      default:
        return;
    }
    this.dispatch(now);
  }

  #takeAcknowledgement(slave: SlaveRecord, id: number, from: number | undefined): void {
    if (slave.recalling?.id === id) {
      const { to } = slave.recalling;
      slave.recalling = undefined;
      if (from !== undefined) this.#settlement.takeBack(slave, from, to);
      this.#dispatcher.lineUp(slave);
    }
    if (slave.shutdownId === id) {
      slave.shutdownAcknowledged = true;
      this.#ports.news();
    }
  }

  #recall(slave: SlaveRecord): void {
    const to = slave.nextIndex;
    const unstarted = slave.outstanding - 1;
    const from = to - Math.max(1, Math.ceil(unstarted / 2));
    slave.recalling = { id: slave.nextCommand, to };
    this.#command(slave, { command: 'recall', from, to });
  }

  #command(slave: SlaveRecord, body: Command): number {
    const id = slave.nextCommand++;
    this.#ports.command(slave, id, body);
    return id;
  }

  #lose(slave: SlaveRecord, evidence: string, now: number): void {
    const expected = slave.machine.state === 'shutting-down';
    if (!expected) this.#audit.emit({ type: 'slave-lost', sid: slave.sid, evidence });
    this.#remove(slave, evidence, expected);
    this.flush(now);
  }

  #leave(slave: SlaveRecord): void {
    const expected = slave.machine.state === 'shutting-down';
    if (!expected) this.#audit.emit({ type: 'slave-left', sid: slave.sid, reason: 'it said goodbye' });
    this.#remove(slave, 'it said goodbye', true);
  }

  #remove(slave: SlaveRecord, evidence: string, blameless: boolean): void {
    slave.machine.send({ type: 'gone' });
    this.#dispatcher.strike(slave);
    this.roster.remove(slave);
    this.#bySession.delete(slave.session);
    this.#restless.delete(slave.session);
    this.#ports.forget(slave);
    this.#noteServed(this.#credit.leave(slave.session));
    this.#noteServed(this.#assemblies.leave(slave.session));
    if (!this.#ending) this.#settlement.reclaim(slave, evidence, blameless);
    this.#news();
  }

  // ---- the end

  /** Tells every slave to stop; `slavesToAwait` says how many have not acknowledged. */
  beginShutdown(): void {
    this.#ending = true;
    for (const slave of this.roster) {
      this.#audit.emit({ type: 'shutdown-sent', sid: slave.sid });
      slave.machine.send({ type: 'shutdown-sent' });
      slave.shutdownId = this.#command(slave, { command: 'shutdown' });
    }
  }

  /** After the shutdown was acknowledged, or waited for long enough. */
  disconnectAll(): void {
    for (const slave of [...this.roster]) this.#remove(slave, 'the master has stopped', true);
  }

  get slavesToAwait(): number {
    let count = 0;
    for (const slave of this.roster) if (!slave.shutdownAcknowledged) count++;
    return count;
  }

  /** Nothing will come any more: who waits is let go, and open futures are told so. */
  stop(): void {
    this.#ending = true;
    for (const task of [...this.#jar.allLive()]) {
      if (task.future === undefined) continue;
      this.#settlement.giveUp(task, 'cancelled', `the master stopped before ${task.id} was done`);
    }
    this.box.settleIdle(() => true);
  }

  #onMove(slave: SlaveRecord, state: SlaveState): void {
    const { sid } = slave;
    if (state === 'idle') this.#audit.emit({ type: 'slave-idle', sid });
    else if (state === 'busy') this.#audit.emit({ type: 'slave-busy', sid });
    else if (state === 'shutting-down') this.#audit.emit({ type: 'slave-shutting-down', sid });
    else if (state === 'disconnected') this.#audit.emit({ type: 'slave-disconnected', sid });
  }

  #news(): void {
    this.box.settleIdle((selection) => this.isIdle(selection));
    this.#ports.news();
  }
}
