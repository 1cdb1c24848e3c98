/**
 * The streams of one lease that lead to the data port of its master. The main thread, which serves that port, dials them
 * itself, so that frames pass no other thread. With TLS they are dialled by the thread of servers, which decrypts.
 */

import type { Socket } from 'node:net';
import { messageFrame } from '../protocol/frames.js';
import { SERVER_PROTOCOL } from '../protocol/messages.js';
import { connectTo, type ServerTarget } from './connect.js';

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
      const stream = await connectTo(target, { signal: this.#stop.signal });
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      stream.write(messageFrame({ type: 'stream', version: SERVER_PROTOCOL, key }));
      take(stream);
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
