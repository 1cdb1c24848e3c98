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
}

export class SlaveGroups {
  readonly #allocation: Allocation;
  readonly #roster: Roster;
  readonly #clearMailbox: SlaveGroupsParams['clearMailbox'];
  readonly #audit: AuditSink;
  readonly #onDraftedPort: SlaveGroupsParams['onDrafted'];
  readonly #onMovedPort: SlaveGroupsParams['onMoved'];
  #connected: OrderedSlave[] = [];
  #disconnected: OrderedSlave[] = [];

  constructor(params: SlaveGroupsParams) {
    this.#allocation = params.allocation;
    this.#roster = params.roster;
    this.#clearMailbox = params.clearMailbox;
    this.#audit = params.audit;
    this.#onDraftedPort = params.onDrafted;
    this.#onMovedPort = params.onMoved;
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

  /** False if no ordered or intermingle slave has the sid. */
  free(number: number): boolean {
    const slave = this.#roster.findByNumber(number);
    if (slave === undefined || !slave.takesOrdered) return false;
    this.#allocation.free(slave);
    this.#clearMailbox(slave, 'slave-freed', `${slave.sid} was freed`);
    if (this.#allocation.settle(slave)) this.#onMoved(slave);
    return true;
  }

  /** A slave has confirmed its session. */
  onJoined(slave: SlaveRecord): void {
    if (slave.kind === 'unordered') this.#draft();
    else this.#note(this.#connected, slave, slave.kind);
  }

  /** A slave runs nothing: if it was drafted or freed, it moves now. True if it did. */
  onIdle(slave: SlaveRecord): boolean {
    if (!this.#allocation.settle(slave)) return false;
    this.#onMoved(slave);
    return true;
  }

  /** A slave is gone; another one may take its place. */
  onGone(slave: SlaveRecord): void {
    const { kind } = slave;
    if (kind !== 'unordered') this.#note(this.#disconnected, slave, kind);
    this.#draft();
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
    if (kind === 'unordered') this.#audit.emit({ type: 'slave-freed', sid });
    else {
      this.#audit.emit({ type: 'slave-moved', sid, kind });
      this.#note(this.#connected, slave, kind);
    }
    this.#onMovedPort(slave);
  }

  #note(list: OrderedSlave[], { sid }: SlaveRecord, kind: SlaveKind): void {
    list.push({ sid, kind });
    if (list.length > MOST_UNTAKEN) list.shift();
  }
}
