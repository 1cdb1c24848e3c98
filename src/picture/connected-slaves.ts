/** The slaves that are connected, each with its state, and how those ended that are gone. */

import type { AuditEventOf, SlaveKind } from '../audit/events.js';

export type SeenState = 'connecting' | 'idle' | 'busy' | 'shutting-down';

/** A slave in one session. */
export interface ConnectedSlave {
  readonly sid: string;
  /** The number of tasks that it runs at once. */
  readonly places: number;
  state: SeenState;
  isSuspected: boolean;
  /** Its group. */
  kind: SlaveKind;
  /** Results that came from it. */
  results: number;
}

/** Slaves whose states are known one by one; a master takes fewer. */
const MOST_SLAVES = 50_000;
/** Sids of slaves that are gone, which have more than one line about their end. */
const MOST_GONE = 10_000;

export class ConnectedSlaves {
  readonly #connected = new Map<string, ConnectedSlave>();
  readonly #gone = new Set<string>();
  /** Slaves that were connected at a time. */
  mostAtOnce = 0;
  /** Sessions that began. */
  joined = 0;
  /** Sessions beyond the limit, of which nothing but their number is known. */
  unseen = 0;

  get size(): number {
    return this.#connected.size;
  }

  find(sid: string): Readonly<ConnectedSlave> | undefined {
    return this.#connected.get(sid);
  }

  join({
    sid,
    kind,
    concurrency = 1,
  }: Pick<AuditEventOf<'slave-connecting'>, 'sid' | 'kind' | 'concurrency'>): void {
    this.joined++;
    this.#gone.delete(sid);
    if (this.#connected.size >= MOST_SLAVES) {
      this.unseen++;
      return;
    }
    this.#add(sid, Math.max(1, concurrency)).kind = kind;
  }

  /** Of a slave that joined before the first line that there is, only the sid is known. */
  setState(sid: string, state: SeenState): void {
    const slave = this.#connected.get(sid);
    if (slave !== undefined) slave.state = state;
    else if (!this.#gone.has(sid) && this.#connected.size < MOST_SLAVES) this.#add(sid, 1).state = state;
  }

  /** It has come to another group. */
  move(sid: string, kind: SlaveKind): void {
    const slave = this.#connected.get(sid);
    if (slave !== undefined) slave.kind = kind;
  }

  countResults(sid: string, count: number): void {
    const slave = this.#connected.get(sid);
    if (slave !== undefined) slave.results += count;
  }

  suspect(sid: string, isSuspected: boolean): void {
    const slave = this.#connected.get(sid);
    if (slave !== undefined) slave.isSuspected = isSuspected;
  }

  /** False if its end was told before. */
  leave(sid: string): boolean {
    if (this.#gone.has(sid)) return false;
    this.#connected.delete(sid);
    this.#gone.add(sid);
    const [oldest] = this.#gone;
    if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#gone.delete(oldest);
    return true;
  }

  /** The master is gone, and sids begin again with the next. */
  clear(): void {
    this.#connected.clear();
    this.#gone.clear();
  }

  /** How many are in each state; a suspected one counts as that alone. */
  countStates(): Readonly<Record<SeenState | 'suspected', number>> {
    const counts = { connecting: 0, idle: 0, busy: 0, 'shutting-down': 0, suspected: 0 };
    for (const { state, isSuspected } of this.#connected.values())
      counts[isSuspected ? 'suspected' : state]++;
    return counts;
  }

  #add(sid: string, places: number): ConnectedSlave {
    const slave: ConnectedSlave = {
      sid,
      places,
      state: 'connecting',
      isSuspected: false,
      kind: 'unordered',
      results: 0,
    };
    this.#connected.set(sid, slave);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#connected.size);
    return slave;
  }
}
