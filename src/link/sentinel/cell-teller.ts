/** A master's side of cells: tells every slave the newest values, and hands offers to main. Pure. */

import type { CellsMessage, CellValue, OffersMessage } from '../../wire/messages/messages.js';
import type { SentinelEvent } from '../ports.js';
import type { SharedCells } from '../shared/shared-state.js';
import { CellDelivery } from './cell-delivery.js';
import { type CellExchange, CellPace, type CellPeer, NO_EVENTS } from './cell-exchange.js';
import type { SentinelPeer } from './sentinel-peer.js';

const PACE_MS = 10;
/** The time between two wakes of main for offers, those of all slaves together: to wake it costs more than to fold them. */
const HAND_OVER_MS = 20;

interface Told extends CellPeer {
  /** The last message of offers that main has folded, and the last of which the slave was told so. */
  folded: number;
  taken: number;
}

export class CellTeller implements CellExchange {
  readonly #cells: SharedCells | undefined;
  readonly #publish: (peer: SentinelPeer, message: CellsMessage) => void;
  readonly #told = new Map<string, Told>();
  readonly #pace = new CellPace(PACE_MS);
  /** Those that main has not heard of, by the nonces of their slaves: a later message has all that counts of earlier ones. */
  readonly #offers = new Map<string, SentinelEvent>();
  #handedOverAt = Number.NEGATIVE_INFINITY;

  constructor(cells: SharedCells | undefined, publish: (peer: SentinelPeer, message: CellsMessage) => void) {
    this.#cells = cells;
    this.#publish = publish;
  }

  get dueAt(): number {
    if (this.#offers.size === 0) return this.#pace.dueAt;
    return Math.min(this.#pace.dueAt, this.#handedOverAt + HAND_OVER_MS);
  }

  join(peer: SentinelPeer, now: number): void {
    if (this.#cells === undefined) return;
    this.#entryOf(peer);
    this.changed(now);
  }

  forget(nonce: string): void {
    this.#told.delete(nonce);
    this.#offers.delete(nonce);
  }

  changed(now: number): void {
    this.#pace.hasNews(this.#told.size, now);
  }

  handOver(now = Number.POSITIVE_INFINITY): readonly SentinelEvent[] {
    if (this.#offers.size === 0 || now < this.#handedOverAt + HAND_OVER_MS) return NO_EVENTS;
    if (now < Number.POSITIVE_INFINITY) this.#handedOverAt = now;
    const events = [...this.#offers.values()];
    this.#offers.clear();
    return events;
  }

  hear(peer: SentinelPeer, message: CellsMessage | OffersMessage, now: number): void {
    if (message.type !== 'offers') return;
    const told = this.#entryOf(peer);
    told.delivery?.confirm(message.seen);
    if (told.delivery?.isPartial) this.changed(now);
    if (message.offers.length === 0) return;
    const { nonce, id, offers } = message;
    if (id > told.folded) this.#offers.set(nonce, { type: 'offers', nonce, id, offers });
    else this.#tell(told, now, true);
  }

  taken(nonce: string, id: number, now: number): void {
    const told = this.#told.get(nonce);
    if (told === undefined) return;
    told.folded = Math.max(told.folded, id);
    this.#tell(told, now, true);
  }

  send(now: number, anyhow = false): void {
    if (!anyhow && now < this.#pace.dueAt) return;
    this.#cells?.values.beginReading();
    for (const told of this.#told.values()) this.#tell(told, now, false);
    this.#pace.sent(this.#told.values(), now);
  }

  /**
   * With `anyhow` it is told what has arrived of its offers. It is not told while the values that contain them do not
   * fit into the message: then they come with the last part.
   */
  #tell(told: Told, now: number, anyhow: boolean): void {
    const { peer, delivery } = told;
    const sent = delivery?.next(now, anyhow);
    if (delivery?.isPartial !== true) told.taken = told.folded;
    if (sent === undefined && !anyhow) return;
    const values = (sent?.slots ?? []).map(
      ({ at, version, text }): CellValue => [this.#cells?.names[at] ?? '', version, text],
    );
    this.#publish(peer, { type: 'cells', ...peer.epoch, id: sent?.id ?? 0, taken: told.taken, values });
    this.#pace.repeatAt(delivery?.repeatAt);
  }

  #entryOf(peer: SentinelPeer): Told {
    const known = this.#told.get(peer.nonce);
    if (known !== undefined) return known;
    const delivery = this.#cells && new CellDelivery(this.#cells.values, 'new');
    const told: Told = { peer, delivery, folded: 0, taken: 0 };
    this.#told.set(peer.nonce, told);
    return told;
  }
}
