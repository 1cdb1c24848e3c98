/**
 * A simulated data port of one session: frames arrive in their order, sooner or later, until the connection is cut
 * or stands and carries nothing.
 */

import type { EventLoop } from './event-loop.js';
import { LATENCY_MS, type Network } from './network.js';

const DRAINED_AFTER_MS = 20;

/** One side, and its reactions. */
export interface PortSide {
  readonly loop: EventLoop;
  readonly onFrame: (frame: Buffer) => void;
  readonly onDrained: () => void;
  readonly onLost: () => void;
}

export class SimulatedPort {
  readonly slave: PortEnd;
  readonly master: PortEnd;
  /** It carries nothing from now on, and does not break. */
  isStalled = false;
  isCut = false;
  readonly network: Network;

  constructor(network: Network, slave: PortSide, master: PortSide) {
    this.network = network;
    this.slave = new PortEnd(this, slave);
    this.master = new PortEnd(this, master);
    this.slave.peer = this.master;
    this.master.peer = this.slave;
  }

  /** Frames under way are lost. Each side notices in its own time, and the master perhaps never. */
  cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    const { chance } = this.network;
    this.slave.notice(chance.pick([0, 0, 20, 300]));
    if (chance.happens(0.7)) this.master.notice(chance.pick([0, 0, 20, 300]));
  }
}

export class PortEnd {
  peer!: PortEnd;
  readonly #port: SimulatedPort;
  readonly #side: PortSide;
  #lastArrival = 0;
  #closed = false;

  constructor(port: SimulatedPort, side: PortSide) {
    this.#port = port;
    this.#side = side;
  }

  send(frame: Buffer): boolean {
    const { network } = this.#port;
    const { chance, weather, scheduler } = network;
    if (this.#closed) return false;
    if (chance.happens(weather.refuse)) {
      scheduler.after(DRAINED_AFTER_MS, () => this.#side.loop.deliver(() => this.#side.onDrained()));
      return false;
    }
    const copy = Buffer.from(frame);
    const delayMs = chance.happens(weather.delay) ? chance.between(1, weather.delayMs) : 0;
    this.#arriveAtPeer(scheduler.now + LATENCY_MS + delayMs, () => this.peer.take(copy));
    return true;
  }

  /** This side closes; what it has sent arrives before its end does. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#port.network;
    this.#arriveAtPeer(scheduler.now + LATENCY_MS, () => this.peer.notice(0), true);
  }

  take(frame: Buffer): void {
    this.#side.loop.deliver(() => {
      if (!this.#closed) this.#side.onFrame(frame);
    });
  }

  notice(afterMs: number): void {
    this.#port.network.scheduler.after(afterMs, () =>
      this.#side.loop.deliver(() => {
        if (this.#closed) return;
        this.#closed = true;
        this.#side.onLost();
      }),
    );
  }

  /** The end of a connection gets through a port that is stalled, since no stall lasts forever. */
  #arriveAtPeer(moment: number, arrive: () => void, isEnd = false): void {
    this.#lastArrival = Math.max(this.#lastArrival, moment);
    this.#port.network.scheduler.at(this.#lastArrival, () => {
      if (!this.#port.isCut && (isEnd || !this.#port.isStalled)) arrive();
    });
  }
}
