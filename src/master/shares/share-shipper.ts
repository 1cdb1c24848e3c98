/**
 * Sends shared values to the slaves that asked for them, in pieces. A piece is posted only to a session with nothing
 * else to send and at most one piece under way, or two if the slave has no task; through the broker, only while nothing of any session waits for it. So
 * tasks and words of the protocol are behind two pieces at most, the first task of an idle slave behind three, and all
 * slaves have their turn.
 */

import type { SharedContent } from '../../algorithms/shared.js';
import { CHUNK_BYTES } from '../../wire/messages/messages.js';
import { goneMessage, pieceMessage, type ShareWant } from '../../wire/messages/share-messages.js';
import type { SlaveRecord } from '../model/slave-record.js';

/** Of a body around the bytes of a piece. */
const PIECE_OVERHEAD = 512;

/** A slave without tasks waits for the value itself, most likely; and it must still have credit for one. */
function mostUnderWay({ outstanding }: SlaveRecord): number {
  return outstanding === 0 ? 2 * CHUNK_BYTES : CHUNK_BYTES;
}

interface ShareShipperParams {
  readonly find: (key: string) => SharedContent | undefined;
  /** Whether the slave is told where it can read the value by itself; if that fails, it asks for pieces. */
  readonly offerCopy: (slave: SlaveRecord, content: SharedContent) => boolean;
  readonly maxMessageBytes: number;
  /** The session of the slave has something to send. */
  readonly wake: (slave: SlaveRecord) => void;
  /** The last piece of a value was posted. */
  readonly onSent: (slave: SlaveRecord, content: SharedContent) => void;
}

export class ShareShipper {
  readonly #params: ShareShipperParams;
  readonly #pieceBytes: number;
  /** The values that slaves wait for: keys in the order of asking, and the place from which on each is to be sent. */
  readonly #shipments = new Map<SlaveRecord, Map<string, number>>();
  /** Slaves of those that may take a piece now. */
  readonly #ready = new Set<SlaveRecord>();

  constructor(params: ShareShipperParams) {
    this.#params = params;
    this.#pieceBytes = Math.max(1, Math.min(CHUNK_BYTES, params.maxMessageBytes) - PIECE_OVERHEAD);
  }

  /** The slave asks for the bytes of these from a place on; what it asked for before counts no longer. */
  want(slave: SlaveRecord, wants: readonly ShareWant[], byPieces = false): void {
    for (const [key, from] of wants) {
      const content = this.#params.find(key);
      if (content === undefined || from >= content.size) {
        this.#sayGone(slave, key, 'its program has released it, and no task needs it');
        continue;
      }
      if (!byPieces && from === 0 && this.#params.offerCopy(slave, content)) continue;
      let shipments = this.#shipments.get(slave);
      if (shipments === undefined) {
        shipments = new Map();
        this.#shipments.set(slave, shipments);
      }
      shipments.set(key, from);
      this.#ready.add(slave);
    }
  }

  /** The slave has no room for it any more. */
  drop(slave: SlaveRecord, key: string): void {
    const shipments = this.#shipments.get(slave);
    shipments?.delete(key);
    if (shipments?.size === 0) this.#shipments.delete(slave);
  }

  /** Its session is over. */
  forget(slave: SlaveRecord): void {
    this.#shipments.delete(slave);
    this.#ready.delete(slave);
  }

  /** Whether a slave may take a piece now. */
  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Something came from the slave: it may have acknowledged pieces. */
  heard(slave: SlaveRecord): void {
    if (this.#shipments.size > 0 && this.#shipments.has(slave)) this.#ready.add(slave);
  }

  /** Call it about every 100 ms: acknowledgements may have come by beats. */
  tick(): void {
    for (const slave of this.#shipments.keys()) this.#ready.add(slave);
  }

  /** Posts one piece to each slave that may take one; false if there was none. `isBrokerBusy`: data waits for it. */
  post(isBrokerBusy: boolean): boolean {
    let posted = false;
    for (const slave of this.#ready) {
      const shipments = this.#shipments.get(slave);
      const { session } = slave;
      if (shipments === undefined || session.keptBytes > mostUnderWay(slave) || session.waitingBytes > 0) {
        this.#ready.delete(slave);
        continue;
      }
      if (slave.needsFlush || (isBrokerBusy && !session.isOnPort)) continue;
      this.#postPiece(slave, shipments);
      posted = true;
    }
    return posted;
  }

  #postPiece(slave: SlaveRecord, shipments: Map<string, number>): void {
    const [[key, from]] = shipments as unknown as [[string, number]];
    const content = this.#params.find(key);
    if (content === undefined) {
      this.drop(slave, key);
      this.#sayGone(slave, key, 'its program has released it, and no task needs it');
      return;
    }
    const to = Math.min(content.size, from + this.#pieceBytes);
    let bytes: Uint8Array;
    try {
      bytes = content.read(from, to);
    } catch (error) {
      this.drop(slave, key);
      this.#sayGone(slave, key, error instanceof Error ? error.message : String(error));
      return;
    }
    slave.session.post(pieceMessage(key, content.size, from, bytes));
    this.#params.wake(slave);
    if (to < content.size) {
      shipments.set(key, to);
      return;
    }
    this.drop(slave, key);
    this.#params.onSent(slave, content);
  }

  #sayGone(slave: SlaveRecord, key: string, reason: string): void {
    slave.session.post(goneMessage(key, reason));
    this.#params.wake(slave);
  }
}
