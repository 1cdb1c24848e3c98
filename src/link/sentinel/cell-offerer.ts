/** A slave's side of cells: brings its tasks' offers to the master, and shows main the newest values. Pure. */

import type { CellOffer, CellsMessage, OffersMessage } from '../../wire/messages/messages.js';
import type { SentinelEvent } from '../ports.js';
import type { SharedCells } from '../shared/shared-state.js';
import { CellDelivery, type SentSlots } from './cell-delivery.js';
import { type CellExchange, CellPace, type CellPeer, NO_EVENTS } from './cell-exchange.js';
import type { SentinelPeer } from './sentinel-peer.js';

/** The master folds offers no more often. */
const PACE_MS = 20;

interface Master extends CellPeer {
  /** The last message of values that is shown to main. */
  seen: number;
}

export class CellOfferer implements CellExchange {
  readonly #cells: SharedCells | undefined;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #publish: (peer: SentinelPeer, message: OffersMessage) => void;
  readonly #pace = new CellPace(PACE_MS);
  /** Of the session. */
  #master: Master | undefined;

  constructor(cells: SharedCells | undefined, publish: (peer: SentinelPeer, message: OffersMessage) => void) {
    this.#cells = cells;
    this.#publish = publish;
    this.#indexes = new Map(cells?.names.map((name, at) => [name, at]));
  }

  get dueAt(): number {
    return this.#master === undefined ? Number.POSITIVE_INFINITY : this.#pace.dueAt;
  }

  join(peer: SentinelPeer, now: number): void {
    this.#master = { peer, delivery: this.#cells && new CellDelivery(this.#cells.offers, 'known'), seen: 0 };
    if (this.#cells !== undefined) this.changed(now);
  }

  forget(nonce: string): void {
    if (this.#master?.peer.nonce === nonce) this.#master = undefined;
  }

  changed(now: number): void {
    this.#pace.hasNews(1, now);
  }

  taken(): void {}

  handOver(): readonly SentinelEvent[] {
    return NO_EVENTS;
  }

  hear(peer: SentinelPeer, message: CellsMessage | OffersMessage, now: number): void {
    const master = this.#master;
    if (message.type !== 'cells' || master?.peer !== peer) return;
    const { id, taken, values } = message;
    if (id > master.seen) {
      this.#show(values);
      master.seen = id;
    }
    this.#confirm(master, taken, now);
    if (values.length > 0) this.#say(master, undefined);
  }

  send(now: number, anyhow = false): void {
    const master = this.#master;
    if (master === undefined || (!anyhow && now < this.#pace.dueAt)) return;
    this.#cells?.offers.beginReading();
    const sent = master.delivery?.next(now);
    if (sent !== undefined) this.#say(master, sent);
    this.#pace.sent([master], now);
  }

  /** Those of cells that this program does not have are for others. */
  #show(values: CellsMessage['values']): void {
    if (this.#cells === undefined) return;
    for (const [name, version, text] of values) {
      const at = this.#indexes.get(name);
      if (at === undefined || version <= this.#cells.values.versionOf(at)) continue;
      this.#cells.values.write(at, { version, text });
    }
  }

  /** After `#show`: main drops what it has offered once the value that contains it is there. */
  #confirm({ delivery }: Master, taken: number, now: number): void {
    if (this.#cells === undefined || delivery === undefined) return;
    const arrived = delivery.confirm(taken);
    for (const { at, version } of arrived) this.#cells.offers.take(at, version);
    if (arrived.length > 0) this.#cells.values.announce();
    if (delivery.isPartial) this.changed(now);
  }

  #say({ peer, seen }: Master, sent: SentSlots | undefined): void {
    const offers = (sent?.slots ?? []).map(
      ({ at, version, text }): CellOffer => [this.#cells?.names[at] ?? '', version, text],
    );
    this.#publish(peer, { type: 'offers', ...peer.epoch, id: sent?.id ?? 0, seen, offers });
  }
}
