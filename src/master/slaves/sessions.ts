/**
 * The sessions of a master's slaves: which slaves are admitted, their credit, and their outgoing messages. It
 * knows nothing of tasks; message bodies pass through.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { AuditEvent } from '../../audit/events.js';
import { PEER_CAPACITY } from '../../link/shared/peer-counters.js';
import {
  type CellValue,
  CREDIT_BYTES,
  type HandshakeMessage,
  type Hello,
} from '../../wire/messages/messages.js';
import { encodeToken, type SessionAddress } from '../../wire/messages/subjects.js';
import { AssemblyBudget, CreditPool } from '../../wire/session/credit.js';
import { Session } from '../../wire/session/session.js';
import type { MasterCoreOptions, MasterPorts } from '../model/master-ports.js';
import { SlaveMachine } from '../model/slave-machine.js';
import type { SlaveState } from '../model/slave-moves.js';
import { SlaveRecord } from '../model/slave-record.js';
import { Admissions, type Applicant, type Authorization, identityOf, UNDECIDED } from './admissions.js';
import { Allocation } from './allocation.js';
import { HelloGate, judgeHello, parseHello } from './reception.js';
import { Roster, type SessionEnding } from './roster.js';

/**
 * The length of a user's name in subjects. A broker accepts 4 KB per line, which may contain an answer's
 * subject too.
 */
const LONGEST_USER = 255;

/** The slave that joined, and its hello. */
export interface Joined {
  readonly slave: SlaveRecord;
  readonly hello: Hello;
}

export class Sessions {
  readonly roster = new Roster();
  readonly allocation = new Allocation();
  readonly #options: MasterCoreOptions;
  readonly #audit: AuditSink;
  readonly #ports: MasterPorts;
  readonly #cells: () => readonly CellValue[] | undefined;
  readonly #credit = new CreditPool();
  readonly #assemblies: AssemblyBudget;
  readonly #gate = new HelloGate();
  readonly #admissions = new Admissions();
  readonly #bySession = new Map<Session, SlaveRecord>();
  /** Slaves whose session may have something to send. */
  #needsFlush: SlaveRecord[] = [];
  /** Sessions that need a later tick; few even among thousands. */
  #needsTick: SlaveRecord[] = [];
  #idle = 0;
  /** The slave to which `#send` sends: a function per slave would be much garbage. */
  #recipient: SlaveRecord | undefined;
  readonly #send = (frame: Buffer): boolean => this.#ports.send(this.#recipient as SlaveRecord, frame);

  /** `cells` are the values for a slave that joins. */
  constructor(options: MasterCoreOptions, cells: () => readonly CellValue[] | undefined = () => undefined) {
    this.#cells = cells;
    this.#options = options;
    this.#audit = options.audit;
    this.#ports = options.ports;
    this.#assemblies = new AssemblyBudget(2 * options.maxMessageBytes);
  }

  // ---- joining

  /** A JSON message on a hello subject; the slave that joined by it, if one did. */
  takeHello(value: unknown, address: SessionAddress): Joined | undefined {
    const hello = parseHello(value);
    if (hello === undefined || hello.nonce !== address.nonce) return undefined;
    if (encodeToken(address.user).length > LONGEST_USER) return undefined;
    const known = this.roster.findByNonce(hello.nonce);
    if (known !== undefined) {
      // A nonce is its slave's secret: another user that names it must not take the slave's place.
      if (known.address.user === address.user) this.#welcome(known);
      return undefined;
    }
    if (this.roster.hasEnded(hello.nonce)) {
      this.sendStale(address);
      return undefined;
    }
    if (this.#admissions.awaits(address) || this.#admissions.isFull || !this.#gate.tryAdmit())
      return undefined;
    const { host, pid } = hello;
    this.#audit.emit({ type: 'hello-received', host, pid });
    if (this.#refusesMore(hello, address)) return undefined;
    const verdict = judgeHello(hello, this.#options);
    if (!verdict.accepted) {
      this.#refuse(hello, address, verdict.reason);
      return undefined;
    }
    const applicant = { hello, address, skewed: verdict.skewed };
    const { authorize } = this.#ports;
    if (authorize === undefined) return this.#join(applicant);
    authorize(identityOf(applicant, this.#options.broker), this.#admissions.begin(applicant));
    return undefined;
  }

  /** The program's answer, ignored if the slave is forgotten by now. */
  takeAuthorization(id: number, answer: Authorization): Joined | undefined {
    const applicant = this.#admissions.end(id);
    if (applicant === undefined) return undefined;
    const { hello, address } = applicant;
    if (!answer.admitted) this.#refuse(hello, address, answer.reason);
    else if (!this.#refusesMore(hello, address)) return this.#join(applicant);
    return undefined;
  }

  #refusesMore(hello: Hello, address: SessionAddress): boolean {
    if (this.roster.size < PEER_CAPACITY) return false;
    this.#refuse(hello, address, `the master has ${PEER_CAPACITY} slaves and takes no more`);
    return true;
  }

  #join({ hello, address, skewed }: Applicant): Joined {
    const slave = this.#admit(hello, address);
    if (skewed.length > 0) {
      this.#audit.emit({ type: 'skew-accepted', sid: slave.sid, algorithms: skewed.join(', ') });
    }
    this.#welcome(slave);
    return { slave, hello };
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
      onResend: (side, from) => this.#audit.emit(resendEvent(side, `SLAVE-${number}`, from)),
    });
    const machine = new SlaveMachine((state, from) => this.#onMove(slave, state, from));
    const { host, pid, concurrency } = hello;
    const isOnTrial = this.#ports.isOnTrial?.(host, pid) ?? false;
    const kind = isOnTrial ? 'ordered' : this.allocation.join();
    const credit = this.#credit.join(session);
    const earlier = this.roster.historyOf(hello.previousNonce ?? '', address.user);
    const slave = new SlaveRecord(
      number,
      address,
      host,
      pid,
      session,
      machine,
      credit,
      kind,
      concurrency,
      earlier,
    );
    slave.bring(hello.runs?.length ?? 0);
    if (isOnTrial) this.allocation.beginTrial(slave);
    this.roster.add(slave);
    this.#bySession.set(session, slave);
    const { sid } = slave;
    const previous = earlier?.at(-1);
    if (previous !== undefined) {
      this.#audit.emit({ type: 'slave-rejoined', sid, previousSid: `SLAVE-${previous.number}` });
    }
    const places = (concurrency ?? 1) > 1 ? { concurrency } : {};
    this.#audit.emit({ type: 'slave-connecting', sid, host, pid, memberId, kind, ...places });
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
      dataPort: this.#ports.dataPort?.(slave),
      cells: this.#cells(),
    });
  }

  sendStale(address: SessionAddress): void {
    const message: HandshakeMessage = { type: 'stale', nonce: address.nonce };
    const number = this.roster.noteStale(address.nonce);
    if (number !== undefined) this.#audit.emit({ type: 'stale-sent', sid: `SLAVE-${number}` });
    this.#ports.sendHandshake(address, message);
  }

  /** Whether a slave has nothing to do, or some could do more. */
  get mayHaveFreeSlots(): boolean {
    return this.#idle > 0 || this.roster.slots > this.roster.size;
  }

  #onMove({ sid }: SlaveRecord, state: SlaveState, from: SlaveState): void {
    if (from === 'idle') this.#idle--;
    if (state === 'idle') this.#idle++;
    if (state === 'idle') this.#audit.emit({ type: 'slave-idle', sid });
    else if (state === 'busy') this.#audit.emit({ type: 'slave-busy', sid });
    else if (state === 'shutting-down') this.#audit.emit({ type: 'slave-shutting-down', sid });
    else if (state === 'disconnected') this.#audit.emit({ type: 'slave-disconnected', sid });
  }

  // ---- frames

  /** A frame of no session: if its session has ended, the sender is told. */
  refuseFrame(address: SessionAddress): void {
    if (this.roster.hasEnded(address.nonce)) this.sendStale(address);
  }

  /** After a frame was taken: grants the credit that it makes possible. */
  settleCredit(slave: SlaveRecord): void {
    this.wake(slave);
    this.#noteServed(this.#credit.received(slave.credit));
    this.#noteServed(this.#assemblies.review(slave.session));
  }

  #noteServed(sessions: readonly Session[]): void {
    for (const session of sessions) {
      const slave = this.#bySession.get(session);
      if (slave !== undefined) this.wake(slave);
    }
  }

  /** The slave's session has something to send; it goes out with the next `flush`. */
  wake(slave: SlaveRecord): void {
    if (slave.needsFlush) return;
    slave.setNeedsFlush(true);
    this.#needsFlush.push(slave);
  }

  /** Sends the waiting messages of sessions, as far as the link takes them. */
  flush(now: number): void {
    if (this.#needsFlush.length === 0) return;
    const needsFlush = this.#needsFlush;
    this.#needsFlush = [];
    let isBrokerFull = false;
    for (const slave of needsFlush) {
      const waits = isBrokerFull && !slave.session.isOnPort;
      if (!waits && this.#flushOne(slave, now)) continue;
      this.#needsFlush.push(slave);
      if (!slave.session.isOnPort) isBrokerFull = true;
    }
  }

  /** Whether data waits for the broker. */
  get isBrokerBusy(): boolean {
    return this.#needsFlush.some(({ session }) => !session.isOnPort);
  }

  /** False when its link takes no more. */
  #flushOne(slave: SlaveRecord, now: number): boolean {
    if (slave.machine.state === 'disconnected') return true;
    this.#recipient = slave;
    const taken = slave.session.flush(this.#send, now);
    slave.setNeedsFlush(!taken);
    this.#ports.positions(slave);
    if (!slave.needsTick && slave.session.needsTick) {
      slave.setNeedsTick(true);
      this.#needsTick.push(slave);
    }
    return taken;
  }

  /** Its data port is gone. */
  losePort(slave: SlaveRecord): void {
    slave.session.losePort();
    this.wake(slave);
  }

  /** After a reconnection, every session sends its position. */
  reconnected(): void {
    for (const slave of this.roster) {
      slave.session.reconnected();
      this.wake(slave);
    }
  }

  tick(now: number): void {
    const ignored = this.#gate.tick();
    if (ignored > 0) {
      const text = `${ignored} hellos were ignored: too many came at once`;
      this.#audit.emit({ type: 'warning', text });
    }
    for (const { hello, address } of this.#admissions.tick()) this.#refuse(hello, address, UNDECIDED);
    const needsTick = this.#needsTick;
    this.#needsTick = [];
    for (const slave of needsTick) {
      slave.setNeedsTick(slave.session.needsTick && slave.machine.state !== 'disconnected');
      if (!slave.needsTick) continue;
      this.#needsTick.push(slave);
      slave.session.tick(now);
      this.wake(slave);
    }
  }

  /** The session is over: its credit goes to the others. */
  end(slave: SlaveRecord, ending: SessionEnding): void {
    slave.machine.send('gone');
    this.roster.remove(slave, ending);
    this.allocation.leave(slave);
    this.#bySession.delete(slave.session);
    this.#ports.forget(slave);
    this.#noteServed(this.#credit.leave(slave.credit));
    this.#noteServed(this.#assemblies.leave(slave.session));
  }
}

/** A master asks for results again, and gives tasks again. */
function resendEvent(side: 'asked' | 'served', peer: string, from: number): AuditEvent {
  return side === 'asked'
    ? { type: 'resend-sent', peer, stream: 'results', from }
    : { type: 'resend-received', peer, stream: 'tasks', from };
}
