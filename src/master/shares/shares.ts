/** The shared values of a master: what its tasks need, who has it, and what is sent. */

import type { SharedValue } from '../../algorithms/shared.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import {
  fetchMessage,
  MOST_SHARE_KEYS,
  type ShareName,
  type ToMaster,
} from '../../wire/messages/share-messages.js';
import type { CopyPort } from '../model/copy-port.js';
import type { SlaveRecord } from '../model/slave-record.js';
import { ShareCopies } from './share-copies.js';
import { ShareHolders } from './share-holders.js';
import { ShareRegistry } from './share-registry.js';
import { ShareShipper } from './share-shipper.js';

interface SharesParams {
  readonly maxMessageBytes: number;
  readonly audit: AuditSink;
  /** Without it, slaves of this machine get pieces too. */
  readonly copies?: CopyPort | undefined;
  /** The session of the slave has something to send. */
  readonly wake: (slave: SlaveRecord) => void;
}

export class Shares {
  readonly registry = new ShareRegistry((key) => this.#copies.close(key));
  readonly #holders = new ShareHolders();
  readonly #shipper: ShareShipper;
  readonly #copies: ShareCopies;
  readonly #wake: SharesParams['wake'];

  constructor({ maxMessageBytes, audit, wake, copies }: SharesParams) {
    this.#wake = wake;
    this.#copies = new ShareCopies({
      port: copies,
      wake,
      sendPieces: (slave, key) => this.#shipper.want(slave, [[key, 0]], true),
      onTold: (slave, { key, size }) =>
        audit.emit({ type: 'share-copied', sid: slave.sid, key, bytes: size }),
    });
    this.#shipper = new ShareShipper({
      find: (key) => this.registry.find(key),
      offerCopy: (slave, content) => this.#copies.offer(slave, content),
      maxMessageBytes,
      wake,
      onSent: (slave, { key, size }) => audit.emit({ type: 'share-sent', sid: slave.sid, key, bytes: size }),
    });
  }

  /** Whether the slave has all of these, as far as is known. */
  holdsAll(slave: SlaveRecord, shares: readonly SharedValue[]): boolean {
    return shares.every(({ key }) => this.#holders.holds(slave, key));
  }

  holdersOf(key: string): ReadonlySet<SlaveRecord> {
    return this.#holders.holdersOf(key);
  }

  /** Asks the slave to fetch those of these that it lacks, if it has room. */
  fetch(slave: SlaveRecord, shares: readonly SharedValue[]): void {
    const names: ShareName[] = [];
    for (const { key, bytes } of shares) if (!this.#holders.holds(slave, key)) names.push([key, bytes]);
    for (let at = 0; at < names.length; at += MOST_SHARE_KEYS) {
      slave.session.post(fetchMessage(names.slice(at, at + MOST_SHARE_KEYS)));
    }
    this.#wake(slave);
  }

  /** A message of a slave. */
  take(slave: SlaveRecord, message: ToMaster): void {
    if (message.type === 'want') {
      this.#shipper.want(slave, message.wants, message.byPieces);
      return;
    }
    for (const key of message.has) this.#holders.add(slave, key);
    for (const key of message.dropped) {
      this.#holders.delete(slave, key);
      this.#shipper.drop(slave, key);
      this.#copies.drop(slave, key);
    }
  }

  /** Something came from the slave. */
  heard(slave: SlaveRecord): void {
    this.#shipper.heard(slave);
  }

  /** Its session is over. */
  forget(slave: SlaveRecord): void {
    this.#shipper.forget(slave);
    this.#copies.forget(slave);
    this.#holders.forget(slave);
  }

  tick(): void {
    this.#shipper.tick();
  }

  /** Whether `post` may have something to do. */
  get isShipping(): boolean {
    return this.#shipper.isReady;
  }

  /** Posts pieces that may go now; false if there are none. */
  post(isBrokerBusy: boolean): boolean {
    return this.#shipper.post(isBrokerBusy);
  }
}
