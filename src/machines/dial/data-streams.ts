/**
 * The streams of one lease that lead to the data port of its master. The main thread, which serves that port, dials them
 * itself, so that frames pass no other thread. With TLS they are dialled by the thread of servers, which decrypts.
 */

import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { ServerTarget } from './connect.js';
import { openStream } from './open-stream.js';

/** Streams of one slave, while it dials again. */
const STREAMS_PER_SLOT = 8;

interface DataStreamsParams {
  readonly target: ServerTarget;
  /** Serves a stream as a connection that came in. */
  readonly take: (stream: Socket) => void;
  /** The slave's connection is closed. */
  readonly giveUp: (key: string) => void;
}

export class DataStreams {
  readonly #params: DataStreamsParams;
  readonly #streams = new Set<Socket>();
  readonly #stop = new AbortController();
  #dialled = 0;

  constructor(params: DataStreamsParams) {
    this.#params = params;
    // Each stream that is being dialled listens to it
    setMaxListeners(0, this.#stop.signal);
  }

  /** `slots` are those of the lease, which bound its streams. Never rejects. */
  async dial(key: string, slots: number): Promise<void> {
    const { target, take, giveUp } = this.#params;
    if (this.#streams.size + this.#dialled >= Math.max(1, slots) * STREAMS_PER_SLOT) {
      giveUp(key);
      return;
    }
    this.#dialled++;
    try {
      const { stream, rest } = await openStream(target, key, this.#stop.signal);
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      if (rest.length > 0) stream.unshift(rest);
      take(stream);
      stream.resume();
      // The lease may have ended while the connection was made
      if (this.#stop.signal.aborted) stream.destroy();
    } catch {
      giveUp(key);
    } finally {
      this.#dialled--;
    }
  }

  /** The lease is over. */
  close(): void {
    this.#stop.abort();
    for (const stream of this.#streams) stream.destroy();
  }
}
