/**
 * Connections to a server that it has not let in: at most 64 of one address, and 256 together. One more closes the
 * oldest, so that silent ones keep nobody out. Each has five seconds to prove itself.
 */

import type { Socket } from 'node:net';
import { peerOf } from '../../broker/admission/failed-attempts.js';
import { giveUpAfter } from '../../structures/give-up-after.js';

interface Bounds {
  readonly together: number;
  readonly ofPeer: number;
  readonly patienceMs: number;
}

const BOUNDS: Bounds = { together: 256, ofPeer: 64, patienceMs: 5000 };

interface Unproved {
  readonly socket: Socket;
  readonly peer: string;
  readonly stopWaiting: () => void;
}

/** With its port; the same for a socket and for the encrypted one over it. */
export function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}

export class UnprovedSockets {
  readonly #bounds: Bounds;
  readonly #onDropped: (socket: Socket, reason: string) => void;
  /** By address, the oldest first. */
  readonly #waiting = new Map<string, Unproved>();

  constructor(onDropped: (socket: Socket, reason: string) => void, bounds: Bounds = BOUNDS) {
    this.#onDropped = onDropped;
    this.#bounds = bounds;
  }

  add(socket: Socket): void {
    const address = addressOf(socket);
    const peer = peerOf(String(socket.remoteAddress));
    const { together, ofPeer, patienceMs } = this.#bounds;
    const ofThis = [...this.#waiting.keys()].filter((one) => this.#waiting.get(one)?.peer === peer);
    const [oldest] = this.#waiting.keys();
    const crowded = ofThis.length >= ofPeer ? ofThis[0] : this.#waiting.size >= together ? oldest : undefined;
    if (crowded !== undefined) this.#drop(crowded, 'too many connections that prove nothing');
    const stopWaiting = giveUpAfter(patienceMs, () => this.#drop(address, 'it proved nothing in time'));
    this.#waiting.set(address, { socket, peer, stopWaiting });
    socket.once('close', () => this.remove(address));
  }

  /** It has proved itself, and waits for the server's program, which has a time of its own. */
  proved(address: string): void {
    this.#waiting.get(address)?.stopWaiting();
  }

  /** It is let in or refused, or is closed. */
  remove(address: string): void {
    this.#waiting.get(address)?.stopWaiting();
    this.#waiting.delete(address);
  }

  closeAll(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy();
  }

  #drop(address: string, reason: string): void {
    const dropped = this.#waiting.get(address);
    this.remove(address);
    if (dropped === undefined) return;
    this.#onDropped(dropped.socket, reason);
    dropped.socket.destroy();
  }
}
