/** The thread of a slave's sentinel, played by the test: it notes what main asks for, and says what it is told. */
import { EventEmitter } from 'node:events';
import type { SentinelEvent, SentinelRequest } from '../../src/link/ports.js';
import type {
  FromSentinelThread,
  SentinelThreadData,
  ToSentinelThread,
} from '../../src/link/sentinel/sentinel-messages.js';
import type { SpareThread } from '../../src/threads/spare-thread.js';

export class PlayedSentinel extends EventEmitter {
  /** The data that it was begun with. */
  data: SentinelThreadData | undefined;
  readonly requests: SentinelRequest[] = [];

  /** It stands in for a thread that is already there. */
  asSpare(): SpareThread {
    return { take: async () => this, end: async () => {} } as unknown as SpareThread;
  }

  /** Resolves when main has answered. */
  async say(...events: readonly SentinelEvent[]): Promise<void> {
    this.#send({ type: 'events', events });
    await undefined;
  }

  /** The requests of this kind, in order. */
  asked<Op extends SentinelRequest['op']>(op: Op): Extract<SentinelRequest, { op: Op }>[] {
    return this.requests.filter(
      (request): request is Extract<SentinelRequest, { op: Op }> => request.op === op,
    );
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  postMessage(message: ToSentinelThread): void {
    if (message.type === 'begin') {
      this.data = message.data;
      this.#send({ type: 'ready' });
    } else if (message.type !== 'profiles') {
      for (const request of message.type === 'taken' ? message.requests : [message.request])
        this.#take(request);
    }
  }

  #take(request: SentinelRequest): void {
    this.requests.push(request);
    if (request.op === 'stop') setImmediate(() => this.emit('exit', 0));
    if (request.op === 'listen')
      setImmediate(() => void this.say({ type: 'listening', nonce: request.nonce }));
  }

  #send(message: FromSentinelThread): void {
    this.emit('message', message);
  }
}
