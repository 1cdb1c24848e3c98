/**
 * Guests that wait because an owner is behind: their sockets are not read until it has caught up, so a flood
 * stays in the senders' own machines. Without a flood no guest waits: slaves together may have 1 MB under way
 * to a master.
 */
import type { Socket } from 'node:net';

/** The interval at which held guests are checked; an owner reads megabytes in less. */
const LOOK_EVERY_MS = 5;

/** A client for which others wait. */
interface Owner {
  readonly isClosed: boolean;
  /** Bytes that it has not read. */
  readonly pending: number;
}

export class GuestBrake {
  readonly #held = new Map<Socket, Owner>();
  readonly #releaseAt: number;
  #timer: NodeJS.Timeout | undefined;

  /** An owner has caught up when at most this number of bytes is pending for it. */
  constructor(releaseAt: number) {
    this.#releaseAt = releaseAt;
  }

  isHeld(socket: Socket): boolean {
    return this.#held.has(socket);
  }

  /** Stops reading the socket until this owner has caught up. */
  hold(socket: Socket, owner: Owner): void {
    if (socket.destroyed) return;
    socket.pause();
    this.#held.set(socket, owner);
    this.#timer ??= setInterval(() => this.#release(), LOOK_EVERY_MS);
  }

  /** The socket is closed. */
  forget(socket: Socket): void {
    this.#held.delete(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#held.clear();
  }

  #release(): void {
    for (const [socket, owner] of this.#held) {
      if (!owner.isClosed && owner.pending > this.#releaseAt) continue;
      this.#held.delete(socket);
      socket.resume();
    }
    if (this.#held.size === 0) this.stop();
  }
}
