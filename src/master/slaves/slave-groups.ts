/**
 * The program's calls about slave groups (CL-MW): it asks for slaves, frees slaves, and learns which ordered
 * slaves joined and left.
 */

import type { SlaveId } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { SlaveKind } from '../../audit/events.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Allocation } from './allocation.js';
import type { Roster } from './roster.js';

/** An ordered or intermingle slave that joined or left. */
export interface OrderedSlave {
  /** Its id, for the `sid` of a policy. */
  readonly sid: SlaveId;
  /** The group that it came to or left: `ordered` or `intermingle`. */
  readonly kind: SlaveKind;
}

/** Holds an ordered slave for itself, one after another if they are lost. */
export interface SlaveHolder {
  readonly take: (slave: SlaveRecord) => void;
  /** Its slave is gone, with what was given to that; it waits for the next one. */
  readonly lose: (slave: SlaveRecord, evidence: string) => void;
}

/** The limit of unread news; beyond it, the oldest is forgotten. */
const MOST_UNTAKEN = 100_000;

interface SlaveGroupsParams {
  readonly allocation: Allocation;
  readonly roster: Roster;
  /** Tasks that wait only for this slave have none any more; they go elsewhere or are unrunnable. */
  readonly clearMailbox: (slave: SlaveRecord, reason: 'slave-freed', message: string) => void;
  readonly audit: AuditSink;
  /** A slave will move as soon as it runs nothing: take back the tasks that it has not begun. */
  readonly onDrafted: (slave: SlaveRecord) => void;
  readonly onMoved: (slave: SlaveRecord) => void;
  /** A slave that retires runs nothing any more. */
  readonly onRetired: (slave: SlaveRecord) => void;
}

export class SlaveGroups {
  readonly #allocation: Allocation;
  readonly #roster: Roster;
  readonly #clearMailbox: SlaveGroupsParams['clearMailbox'];
  readonly #audit: AuditSink;
  readonly #onDraftedPort: SlaveGroupsParams['onDrafted'];
  readonly #onMovedPort: SlaveGroupsParams['onMoved'];
  readonly #onRetired: SlaveGroupsParams['onRetired'];
  /** Slaves that leave once they run nothing. */
  readonly #retiring = new Set<SlaveRecord>();
  /** Those without a slave, in the order in which they are served. */
  readonly #waiting = new Set<SlaveHolder>();
  /** Slaves that the program is not told of, with their holders; undefined once they are given back. */
  readonly #held = new Map<SlaveRecord, SlaveHolder | undefined>();
  /** Slaves to come for which no holder waits any more. */
  #unawaited = 0;
  #connected: OrderedSlave[] = [];
  #disconnected: OrderedSlave[] = [];

  constructor(params: SlaveGroupsParams) {
    this.#allocation = params.allocation;
    this.#roster = params.roster;
    this.#clearMailbox = params.clearMailbox;
    this.#audit = params.audit;
    this.#onDraftedPort = params.onDrafted;
    this.#onMovedPort = params.onMoved;
    this.#onRetired = params.onRetired;
  }

  get slavesNeeded(): number {
    return this.#allocation.slavesNeeded;
  }

  get numConnected(): number {
    return this.#connected.length;
  }

  get numDisconnected(): number {
    return this.#disconnected.length;
  }

  takeConnected(): OrderedSlave[] {
    const taken = this.#connected;
    this.#connected = [];
    return taken;
  }

  takeDisconnected(): OrderedSlave[] {
    const taken = this.#disconnected;
    this.#disconnected = [];
    return taken;
  }

  allocate(amount: number, kind: SlaveKind): void {
    this.#allocation.allocate(amount, kind);
    this.#draft();
  }

  deallocate(amount: number, kind: SlaveKind): void {
    this.#allocation.deallocate(amount, kind);
  }

  /** The holder gets the next ordered slave, perhaps before this returns. */
  reserve(holder: SlaveHolder): void {
    this.#waiting.add(holder);
    this.#unawaited = Math.max(0, this.#unawaited - 1);
    this.#allocation.reserve();
    this.#draft();
  }

  /** The holder's slave becomes unordered once it runs nothing; undefined if it has none. */
  release(holder: SlaveHolder, slave: SlaveRecord | undefined): void {
    this.#waiting.delete(holder);
    const hasSurplus = this.#allocation.unreserve();
    if (slave !== undefined) this.#giveBack(slave);
    else if (hasSurplus) this.#unawaited++;
  }

  #giveBack(slave: SlaveRecord): void {
    this.#held.set(slave, undefined);
    this.#allocation.giveBack(slave);
    this.#clearMailbox(slave, 'slave-freed', `${slave.sid} was freed`);
    if (this.#allocation.settle(slave)) this.#onMoved(slave);
  }

  /** False if no ordered or intermingle slave has the sid, or a holder has it. */
  free(number: number): boolean {
    const slave = this.#roster.findByNumber(number);
    if (slave === undefined || !slave.takesOrdered || this.#held.has(slave)) return false;
    if (this.#allocation.isOnTrial(slave)) return false;
    this.#allocation.free(slave);
    this.#clearMailbox(slave, 'slave-freed', `${slave.sid} was freed`);
    if (this.#allocation.settle(slave)) this.#onMoved(slave);
    return true;
  }

  /** The number of slaves that the program wants in a group, and what holds slaves beside it. */
  wanted(kind: SlaveKind): number {
    return this.#allocation.places(kind);
  }

  /** Whether a slave has no group yet. */
  isOnTrial(slave: SlaveRecord): boolean {
    return this.#allocation.isOnTrial(slave);
  }

  /** A slave on trial gets its group. */
  endTrial(slave: SlaveRecord): void {
    if (this.#allocation.endTrial(slave)) this.onIdle(slave);
  }

  /** Whether a slave could leave at once: it has nothing to do, and is nobody's. */
  isDispensable(slave: SlaveRecord): boolean {
    return (
      slave.kind === 'unordered' &&
      slave.draftedFor === undefined &&
      slave.machine.state === 'idle' &&
      slave.outstanding === 0 &&
      slave.lingering.length === 0 &&
      !slave.hasMail
    );
  }

  /**
   * A slave leaves once it has run what it has begun. Tasks that wait for it alone follow their policy, and a holder gets
   * another one.
   */
  retire(slave: SlaveRecord): void {
    if (this.#retiring.has(slave) || !slave.isWorking) return;
    this.#retiring.add(slave);
    this.#allocation.hold(slave);
    this.#clearMailbox(slave, 'slave-freed', `${slave.sid} was retired`);
    if (!this.onIdle(slave)) this.#onDraftedPort(slave);
  }

  /** Whether a slave leaves once it has run what it has begun. */
  isRetiring(slave: SlaveRecord): boolean {
    return this.#retiring.has(slave);
  }

  /** A slave has confirmed its session. */
  onJoined(slave: SlaveRecord): void {
    if (this.#allocation.isOnTrial(slave)) return;
    if (slave.kind === 'unordered') this.#draft();
    else this.#arrived(slave, slave.kind);
  }

  /** A slave runs nothing: if it was drafted or freed, it moves now. True if it did. */
  onIdle(slave: SlaveRecord): boolean {
    if (this.#allocation.isOnTrial(slave) && !this.#retiring.has(slave)) return false;
    if (this.#retiring.has(slave)) {
      if (slave.outstanding > 0) return false;
      this.#onRetired(slave);
      return true;
    }
    if (!this.#allocation.settle(slave)) return false;
    this.#onMoved(slave);
    return true;
  }

  /** A slave is gone; another one may take its place. */
  onGone(slave: SlaveRecord, evidence: string): void {
    const { kind } = slave;
    const holder = this.#held.get(slave);
    this.#retiring.delete(slave);
    const isTold = kind !== 'unordered' && !this.#allocation.isOnTrial(slave);
    if (isTold && !this.#held.delete(slave)) this.#note(this.#disconnected, slave, kind);
    if (holder !== undefined) {
      this.#waiting.add(holder);
      holder.lose(slave, evidence);
    }
    this.#draft();
  }

  /** Holders come first: they ask for one slave when they need it, and the program for many ahead. */
  #arrived(slave: SlaveRecord, kind: SlaveKind): void {
    const [holder] = kind === 'ordered' ? this.#waiting : [];
    if (holder !== undefined) {
      this.#waiting.delete(holder);
      this.#held.set(slave, holder);
      holder.take(slave);
      return;
    }
    if (kind === 'ordered' && this.#unawaited > 0) {
      this.#unawaited--;
      if (this.#allocation.hasSurplus) {
        this.#giveBack(slave);
        return;
      }
    }
    this.#note(this.#connected, slave, kind);
  }

  #draft(): void {
    const { moved, drafted } = this.#allocation.draft(this.#workingSlaves());
    for (const slave of moved) this.#onMoved(slave);
    for (const slave of drafted) this.#onDraftedPort(slave);
  }

  *#workingSlaves(): Iterable<SlaveRecord> {
    for (const slave of this.#roster) if (slave.isWorking) yield slave;
  }

  #onMoved(slave: SlaveRecord): void {
    const { sid, kind } = slave;
    if (kind === 'unordered') {
      this.#held.delete(slave);
      this.#audit.emit({ type: 'slave-freed', sid });
    } else {
      this.#audit.emit({ type: 'slave-moved', sid, kind });
      this.#arrived(slave, kind);
    }
    this.#onMovedPort(slave);
    // Others may have waited for this one
    if (kind === 'unordered') this.#draft();
  }

  #note(list: OrderedSlave[], { sid }: SlaveRecord, kind: SlaveKind): void {
    list.push({ sid, kind });
    if (list.length > MOST_UNTAKEN) list.shift();
  }
}
