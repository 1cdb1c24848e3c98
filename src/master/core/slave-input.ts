/** The input of slaves, and its effects: slaves that join, send, are lost, leave or are told to stop. */

import type { AuditSink } from '../../audit/audit-trail.js';
import { FormatError } from '../../errors.js';
import type { SentinelEvent } from '../../link/ports.js';
import { type Farewell, MOST_EVIDENCE } from '../../wire/messages/messages.js';
import { isShareMessage, parseToMaster, type ToMaster } from '../../wire/messages/share-messages.js';
import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Comebacks } from '../fates/comebacks.js';
import type { Settlement } from '../fates/settlement.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Shares } from '../shares/shares.js';
import type { Authorization } from '../slaves/admissions.js';
import type { SessionEnding } from '../slaves/roster.js';
import type { Joined, Sessions } from '../slaves/sessions.js';
import type { SlaveCommands } from '../slaves/slave-commands.js';
import type { SlaveGroups } from '../slaves/slave-groups.js';
import type { Broadcasts } from './broadcasts.js';

/** The ticks without a frame of it for which a departed slave is kept, since the broker may still have some. */
const TICKS_TO_LEAVE = 10;

interface SlaveInputParams {
  readonly sessions: Sessions;
  readonly settlement: Settlement;
  readonly comebacks: Comebacks;
  readonly dispatcher: Dispatcher;
  readonly commands: SlaveCommands;
  readonly groups: SlaveGroups;
  readonly broadcasts: Broadcasts;
  readonly shares: Shares;
  readonly audit: AuditSink;
  /** Ends the connection to a slave's data port; `losePort` follows. */
  readonly closePort: (slave: SlaveRecord) => void;
  /** A slave has confirmed its session. */
  readonly onJoined: (slave: SlaveRecord) => void;
  readonly onNews: () => void;
}

export class SlaveInput {
  readonly #sessions: Sessions;
  readonly #settlement: Settlement;
  readonly #comebacks: Comebacks;
  readonly #dispatcher: Dispatcher;
  readonly #commands: SlaveCommands;
  readonly #groups: SlaveGroups;
  readonly #broadcasts: Broadcasts;
  readonly #shares: Shares;
  readonly #audit: AuditSink;
  readonly #closePort: (slave: SlaveRecord) => void;
  readonly #onJoinedPort: (slave: SlaveRecord) => void;
  readonly #onNews: () => void;
  /** Slaves that have said goodbye. */
  readonly #leaving = new Set<SlaveRecord>();
  #isEnding = false;

  constructor(params: SlaveInputParams) {
    this.#sessions = params.sessions;
    this.#settlement = params.settlement;
    this.#comebacks = params.comebacks;
    this.#dispatcher = params.dispatcher;
    this.#commands = params.commands;
    this.#groups = params.groups;
    this.#broadcasts = params.broadcasts;
    this.#shares = params.shares;
    this.#audit = params.audit;
    this.#closePort = params.closePort;
    this.#onJoinedPort = params.onJoined;
    this.#onNews = params.onNews;
  }

  /** Whether `end` was called. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** From now on no slave joins, and no result counts. */
  end(): void {
    this.#isEnding = true;
  }

  /** A JSON message on a hello subject. */
  takeHello(value: unknown, address: SessionAddress): void {
    if (!this.#isEnding) this.#onJoined(this.#sessions.takeHello(value, address));
  }

  /** The program's answer to `authorize`. */
  takeAuthorization(id: number, answer: Authorization): void {
    if (!this.#isEnding) this.#onJoined(this.#sessions.takeAuthorization(id, answer));
  }

  #onJoined(joined: Joined | undefined): void {
    if (joined === undefined) return;
    const { slave, hello } = joined;
    const { earlier, sid } = slave;
    const before = this.#sessions.roster.findByNumber(earlier.at(-1)?.number ?? slave.number);
    this.#comebacks.take(slave, hello);
    // The report of its loss may reach a busy main thread after its hello, in which it says itself that the
    // session is over.
    if (before !== undefined && before !== slave) this.#supersede(before, sid, hello.begun);
    if (!this.#groups.isOnTrial(slave)) this.#broadcasts.onJoined(slave);
    this.#onNews();
  }

  #supersede(slave: SlaveRecord, next: string, begun = 0): void {
    const reason = `it joined again as ${next}`;
    this.#audit.emit({ type: 'slave-left', sid: slave.sid, reason });
    slave.sayFarewell({ running: [], begun, sent: 0, error: undefined }, 0);
    this.#remove(slave, 'left', reason, 0);
  }

  /**
   * Takes a frame on a slave's subject. Call `dispatch` afterwards, once for all frames that came together.
   */
  takeFrame(address: SessionAddress, frame: Buffer, now: number): void {
    const slave = this.#sessions.roster.find(address);
    if (slave === undefined) this.#sessions.refuseFrame(address);
    else this.takeFrameOf(slave, frame, now);
  }

  /** The same for a slave that is known and not forgotten. */
  takeFrameOf(slave: SlaveRecord, frame: Buffer, now: number): void {
    if (!slave.session.owns(frame)) {
      this.#sessions.refuseFrame(slave.address);
      return;
    }
    try {
      // The slave may have lost its port although it still looks open from here
      if (slave.session.isLeft(frame, now)) this.#closePort(slave);
      const { receivedThrough } = slave.session;
      const bodies = slave.session.receive(frame, now);
      this.#confirm(slave);
      if (bodies.length > 0 && !this.#isEnding) {
        for (const body of bodies) {
          if (isShareMessage(body)) this.#takeShares(slave, parseToMaster(body));
          else this.#settlement.takeResults(slave, body, now);
        }
        this.#onNews();
      }
      this.#shares.heard(slave);
      this.#sessions.settleCredit(slave);
      if (slave.draftedFor !== undefined) this.#groups.onIdle(slave);
      this.#dispatcher.lineUp(slave);
      if (slave.farewell !== undefined) {
        // Those of others may hold up the next ones for as long as they held up this one
        if (slave.session.receivedThrough > receivedThrough)
          slave.sayFarewell(slave.farewell, TICKS_TO_LEAVE);
        this.#leaveIfHeard(slave, slave.farewell, now);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#audit.emit({ type: 'frame-dropped', peer: slave.sid, reason: error.message });
      this.#lose(slave, `it broke the protocol: ${error.message}`, now);
    }
  }

  #takeShares(slave: SlaveRecord, message: ToMaster): void {
    this.#shares.take(slave, message);
    if (message.type === 'has') this.#dispatcher.places.review(slave, message.dropped);
  }

  /** The same for a frame that came through the slave's data port. */
  takeFrameOfPort(slave: SlaveRecord, frame: Buffer, now: number): void {
    if (slave.session.owns(frame)) slave.session.takePort(now);
    this.takeFrameOf(slave, frame, now);
  }

  /** A slave's data port is gone. Call `flush` afterwards. */
  losePort(slave: SlaveRecord): void {
    this.#sessions.losePort(slave);
  }

  /** False if it concerns no known slave; otherwise call `dispatch` afterwards. */
  takeSentinelEvent(event: SentinelEvent, now: number): boolean {
    if (!('nonce' in event)) return false;
    const slave = this.#sessions.roster.findByNonce(event.nonce);
    if (slave === undefined || !this.#takeEvent(slave, event, now)) return false;
    // Its task may have been taken back or cancelled: then no frame of it would let it move.
    if (slave.draftedFor !== undefined && slave.isWorking) this.#groups.onIdle(slave);
    return true;
  }

  #takeEvent(slave: SlaveRecord, event: SentinelEvent, now: number): boolean {
    switch (event.type) {
      case 'beat':
        slave.noteBeat({
          at: now,
          running: event.running,
          runningMs: event.runningMs,
          memoryBytes: event.memoryBytes,
          processorPercent: event.processorPercent,
        });
        this.#endLingering(slave, event.running);
        if (event.begun !== undefined) slave.noteBegun(event.begun);
        this.#confirm(slave);
        if (slave.session.takeBeat(event, now)) this.#sessions.wake(slave);
        this.#dispatcher.lineUp(slave);
        break;
      case 'suspect':
        slave.beSuspected(event.evidence);
        this.#audit.emit({ type: 'slave-suspected', sid: slave.sid, evidence: event.evidence });
        break;
      case 'cleared':
        slave.beCleared();
        this.#audit.emit({ type: 'suspicion-ended', sid: slave.sid, evidence: 'it was heard again' });
        this.#dispatcher.lineUp(slave);
        break;
      case 'overdue':
        this.#settlement.takeOverdue(slave, event.index, now);
        this.#onNews();
        break;
      case 'lost':
        this.#lose(slave, event.evidence, now);
        break;
      case 'bye':
        this.#takeFarewell(slave, event.farewell, now);
        break;
      case 'acknowledged':
        this.#commands.takeAcknowledgement(slave, event, this.#settlement);
        this.#dispatcher.lineUp(slave);
        this.#onNews();
        break;
      default:
        return false;
    }
    return true;
  }

  /**
   * A slave is silent until its main thread has read its welcome. If it runs nothing, all that it had begun before has
   * ended, and no more: other tasks are on their way, and one may begin while its sentinel reads first what runs, and
   * then what has begun.
   */
  #endLingering(slave: SlaveRecord, running: number | undefined): void {
    if (running === undefined) return;
    slave.noteFirstRunning(running < 0 ? slave.begun : running);
    const { firstRunning } = slave;
    for (const { number } of slave.endLingering(({ index }) => index < firstRunning)) {
      this.#settlement.endRun(slave, number);
    }
  }

  #confirm(slave: SlaveRecord): void {
    if (slave.machine.state !== 'connecting') return;
    slave.machine.send('confirmed');
    if (slave.outstanding > 0) slave.machine.send('tasks-given');
    this.#groups.onJoined(slave);
    this.#onJoinedPort(slave);
    this.#onNews();
  }

  #lose(slave: SlaveRecord, seen: string, now: number): void {
    const evidence = seen + becauseOfKill(slave);
    const expected = slave.machine.state === 'shutting-down';
    if (!expected) this.#audit.emit({ type: 'slave-lost', sid: slave.sid, evidence });
    this.#remove(slave, 'lost', evidence, now);
  }

  /** Its results travel apart from its goodbye, and may come after it. */
  #takeFarewell(slave: SlaveRecord, farewell: Farewell, now: number): void {
    if (slave.farewell !== undefined) return;
    slave.sayFarewell(farewell, TICKS_TO_LEAVE);
    this.#dispatcher.removeFromLine(slave);
    this.#leaving.add(slave);
    this.#leaveIfHeard(slave, farewell, now);
  }

  #leaveIfHeard(slave: SlaveRecord, farewell: Farewell, now: number): void {
    if (slave.session.receivedThrough >= farewell.sent) this.#leave(slave, farewell, now);
  }

  #leave(slave: SlaveRecord, { error }: Farewell, now: number): void {
    if (error !== undefined) {
      this.#lose(slave, error.slice(0, MOST_EVIDENCE), now);
      return;
    }
    const expected = slave.machine.state === 'shutting-down';
    const reason = 'it said goodbye';
    if (!expected) this.#audit.emit({ type: 'slave-left', sid: slave.sid, reason });
    this.#remove(slave, 'left', reason, now);
  }

  /** Call it about every 100 ms. Ticks are counted, since a busy master has read nothing meanwhile. */
  tick(now: number): void {
    for (const slave of this.#leaving) {
      if (slave.farewell !== undefined && slave.tickFarewell()) this.#leave(slave, slave.farewell, now);
    }
  }

  #remove(slave: SlaveRecord, how: SessionEnding['how'], evidence: string, now: number): void {
    this.#leaving.delete(slave);
    this.#dispatcher.removeFromLine(slave);
    this.#shares.forget(slave);
    this.#sessions.end(slave, { how, evidence });
    if (!this.#isEnding) {
      this.#settlement.reclaimer.takeFromLost(slave, evidence, now);
      this.#groups.onGone(slave, evidence);
    }
    this.#onNews();
  }

  /** Tells every slave to stop; `slavesToAwait` says how many have not acknowledged. */
  beginShutdown(): void {
    this.#isEnding = true;
    for (const slave of this.#sessions.roster) this.#commands.shutdown(slave);
  }

  /** Call it after the shutdown was acknowledged, or after the wait for that. */
  disconnectAll(): void {
    for (const slave of [...this.#sessions.roster]) this.#remove(slave, 'left', 'the master has stopped', 0);
  }

  get slavesToAwait(): number {
    let count = 0;
    for (const slave of this.#sessions.roster) if (!slave.commands.shutdownAcknowledged) count++;
    return count;
  }
}

/** Whether the loss was the end of a run that the program killed. */
function becauseOfKill({ killed, isDoomed }: SlaveRecord): string {
  if (killed === undefined) return '';
  const task = `TASK-${killed.number}`;
  return isDoomed ? `, because ${task} was killed` : `, while ${task} was being killed`;
}
