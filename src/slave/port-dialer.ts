/**
 * Keeps a connection to the data port that a master has offered to a session. Whenever it fails or ends it is
 * dialled again: after a second, then after twice as long each time, at most a minute.
 *
 * A dial takes several turns of the event loop, between which tasks may compute: its limit then ends it although the
 * master answers at once. Such an attempt says nothing about the port, and each one has twice the time of the last.
 */

import type { BrokerAddress, DataLink } from '../link/ports.js';
import type { OfferedPort } from '../wire/messages/messages.js';

/** The limit of the first attempt, for firewalls that drop packets. Frames go through the broker meanwhile. */
const DIAL_MS = 1_000;
const LONGEST_DIAL_MS = 60_000;
/** An attempt that ended so long after its limit was held up by this thread. */
const LATE_MS = 100;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** After a connection that lasted this long, the waits begin again with the first. */
const GOOD_MS = 60_000;

/** The data port that a session was offered, and the session's subjects. */
export interface PortOffer {
  readonly offered: OfferedPort;
  readonly toMaster: string;
  readonly toSlave: string;
}

export interface PortDialerParams {
  readonly addressOf: (offered: OfferedPort) => BrokerAddress;
  readonly connect: (address: BrokerAddress, timeoutMs: number) => Promise<DataLink>;
  /** The port is connected, and its frames arrive from now on. */
  readonly onTaken: () => void;
  readonly onFrame: (frame: Buffer) => void;
  /** There is room again after `send` refused. */
  readonly onDrained: () => void;
  readonly onLost: () => void;
  /** Called once: the port cannot be reached, though the broker can. */
  readonly onUnreachable: (url: string, reason: string) => void;
  readonly now: () => number;
  /** Runs it once, after this time; returns the function that cancels it. */
  readonly later: (run: () => void, ms: number) => () => void;
}

export class PortDialer {
  readonly #params: PortDialerParams;
  #offer: PortOffer | undefined;
  #link: DataLink | undefined;
  #takenAt: number | undefined;
  #waitMs = FIRST_WAIT_MS;
  #dialMs = DIAL_MS;
  #stopWaiting: () => void = () => {};
  #told = false;

  constructor(params: PortDialerParams) {
    this.#params = params;
  }

  /** A session begins. The offer of an earlier one is dropped, with its connection. */
  offer(offer: PortOffer): void {
    this.close();
    this.#offer = offer;
    this.#waitMs = FIRST_WAIT_MS;
    this.#dialMs = DIAL_MS;
    void this.#dial(offer);
  }

  /** False if it takes none now. */
  send(frame: Buffer): boolean {
    const link = this.#link;
    return link !== undefined && this.#offer !== undefined && link.send(this.#offer.toMaster, frame);
  }

  /** The port stands and carries nothing; `onLost` is not called. */
  leave(): void {
    const offer = this.#offer;
    if (this.#link === undefined || offer === undefined) return;
    this.#hangUp();
    this.#dialLater(offer);
  }

  /** The session is over, or the process ends; nothing is called any more. */
  close(): void {
    this.#offer = undefined;
    this.#stopWaiting();
    this.#hangUp();
  }

  #hangUp(): void {
    const link = this.#link;
    this.#link = undefined;
    void link?.close();
  }

  async #dial(offer: PortOffer): Promise<void> {
    const address = this.#params.addressOf(offer.offered);
    const limitMs = this.#dialMs;
    const began = this.#params.now();
    let link: DataLink | undefined;
    try {
      link = await this.#params.connect(address, limitMs);
      if (this.#offer === offer) await this.#take(link, offer);
      else await link.close();
    } catch (error) {
      void link?.close();
      if (this.#offer !== offer) return;
      this.#dialMs = Math.min(2 * limitMs, LONGEST_DIAL_MS);
      if (this.#params.now() - began > limitMs + LATE_MS) this.#waitMs = FIRST_WAIT_MS;
      else this.#tell(address, error);
      this.#dialLater(offer);
    }
  }

  async #take(link: DataLink, offer: PortOffer): Promise<void> {
    link.subscribe(offer.toSlave, (_subject, payload) => {
      if (this.#offer !== offer) return;
      this.#params.onFrame(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    });
    // The master sends there as soon as it hears from there.
    await link.ready();
    if (this.#offer !== offer) {
      await link.close();
      return;
    }
    if (!link.connected) throw new Error('it was closed at once');
    this.#link = link;
    this.#takenAt = this.#params.now();
    link.onStatus(({ status }) => {
      if (this.#link !== link) return;
      if (status === 'drained') this.#params.onDrained();
      else if (status === 'disconnected' || status === 'closed') this.#lose(offer);
    });
    this.#params.onTaken();
  }

  #lose(offer: PortOffer): void {
    this.#hangUp();
    this.#dialLater(offer);
    this.#params.onLost();
  }

  #dialLater(offer: PortOffer): void {
    const stoodMs = this.#takenAt === undefined ? 0 : this.#params.now() - this.#takenAt;
    if (stoodMs >= GOOD_MS) this.#waitMs = FIRST_WAIT_MS;
    this.#takenAt = undefined;
    this.#stopWaiting = this.#params.later(() => void this.#dial(offer), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
  }

  #tell({ urls }: BrokerAddress, error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    this.#params.onUnreachable(urls.join(', '), error instanceof Error ? error.message : String(error));
  }
}
