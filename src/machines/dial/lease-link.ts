/**
 * One lease on a server, from the dialling to its end, and the streams of its slaves. It lives in a thread of its own, so
 * that neither beats nor slaves wait for a master whose main thread computes.
 */

import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameConnection } from '../protocol/frame-connection.js';
import type { Frame } from '../protocol/frames.js';
import { ANSWER_WITHIN_MS, type Asked, answerOf, greetServer } from '../protocol/handshake.js';
import { joinSockets } from '../protocol/join-sockets.js';
import { beatEveryMs, readFromServer, type ToServer, type Way, type Welcome } from '../protocol/messages.js';
import { errorOf, failureOf } from '../protocol/server-refusal.js';
import { Silence } from '../protocol/silence.js';
import { connectTo } from './connect.js';
import type { LinkCommand, LinkEvent, LinkOrder } from './link-messages.js';
import { openStream } from './open-stream.js';

const CHUNK_BYTES = 256 * 1024;
/** For the server to remove what it has. */
const GONE_WITHIN_MS = 4500;

interface Proving {
  readonly asked: Asked;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class LeaseLink {
  readonly #order: LinkOrder;
  readonly #tell: (event: LinkEvent) => void;
  /** The ends at the master of its slaves' connections. */
  readonly #streams = new Set<Socket>();
  #connection: FrameConnection | undefined;
  #proving: Proving | undefined;
  #onClosed: (reason: string) => void = () => {};
  #beats: NodeJS.Timeout | undefined;
  readonly #silence = new Silence();
  #isClosing = false;
  /** Aborted at the end, for what is still being dialled. */
  readonly #stop = new AbortController();

  constructor(order: LinkOrder, tell: (event: LinkEvent) => void) {
    this.#order = order;
    this.#tell = tell;
    // Each stream that is being dialled listens to it
    setMaxListeners(0, this.#stop.signal);
  }

  /** Resolves when the lease is over, which it tells; never rejects. */
  async run(): Promise<void> {
    const end = await this.#run().then((reason) => ({ reason, lasting: false }), failureOf);
    this.#stop.abort();
    clearInterval(this.#beats);
    this.#connection?.destroy();
    for (const stream of this.#streams) stream.destroy();
    this.#tell({ type: 'over', ...end });
  }

  take(command: LinkCommand): void {
    switch (command.type) {
      case 'open':
        return;
      case 'auth-send':
        this.#proving?.asked.channel.send(command.value);
        return;
      case 'auth-receive':
        void this.#receiveProof();
        return;
      case 'auth-done':
        if (command.error === undefined) this.#proving?.resolve();
        else this.#proving?.reject(errorOf(command.error));
        return;
      case 'start':
      case 'stop':
        this.#send(command);
        return;
      case 'undialled':
        this.#send({ type: 'undialled', key: command.key });
        return;
      case 'close':
        this.#close();
        return;
      default:
        command satisfies never;
    }
  }

  async #run(): Promise<string> {
    const { target, request, bundle } = this.#order;
    const connection = new FrameConnection(await connectTo(target, { signal: this.#stop.signal }));
    this.#connection = connection;
    const sentAt = Date.now();
    const welcome = await greetServer(connection, 'lease', (asked) => this.#prove(asked));
    const clockOffsetMs = welcome.time - (sentAt + Date.now()) / 2;
    connection.send(request);
    const wanted = await this.#receiveWanted(connection);
    const closed = new Promise<string>((resolve) => {
      this.#onClosed = resolve;
    });
    this.#silence.end();
    connection.listen({
      onFrame: (frame) => this.#take(frame, welcome, clockOffsetMs),
      onClose: (reason) => this.#onClosed(reason),
    });
    this.#beats = setInterval(() => this.#beat(), beatEveryMs(request.clientTimeoutMs));
    if (wanted) await this.#sendBundle(connection, bundle);
    return closed;
  }

  #prove(asked: Asked): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#proving = { asked, resolve, reject };
      const { method, channel } = asked;
      this.#tell({ type: 'asked', method, binding: channel.binding });
    });
  }

  async #receiveProof(): Promise<void> {
    try {
      const value = await this.#proving?.asked.channel.receive();
      this.#tell({ type: 'auth-received', value });
    } catch (error) {
      this.#tell({ type: 'auth-failed', ...failureOf(error) });
    }
  }

  async #receiveWanted(connection: FrameConnection): Promise<boolean> {
    for (;;) {
      const value = await connection.receive(ANSWER_WITHIN_MS);
      answerOf(value);
      const message = readFromServer(value);
      if (message.type === 'bundle') return message.wanted;
    }
  }

  async #sendBundle(connection: FrameConnection, bundle: Uint8Array): Promise<void> {
    const beganAt = performance.now();
    for (let at = 0; at < bundle.length && !connection.isClosed; at += CHUNK_BYTES) {
      await connection.sendBytes(bundle.subarray(at, at + CHUNK_BYTES));
    }
    this.#tell({ type: 'bundle-sent', seconds: (performance.now() - beganAt) / 1000 });
  }

  #take(frame: Frame, welcome: Welcome, clockOffsetMs: number): void {
    this.#silence.end();
    const message = readFromServer(frame.kind === 'message' ? frame.value : undefined);
    switch (message.type) {
      case 'beat':
      case 'bundle':
        return;
      case 'refused':
        this.#onClosed(message.reason);
        return;
      case 'ready':
        this.#tell({ type: 'ready', welcome, clockOffsetMs, ports: message.ports });
        return;
      case 'dial':
        if (message.way === 'data' && this.#order.dataInMain) this.#tell({ type: 'dial', key: message.key });
        else void this.#dialStream(message.way, message.key);
        return;
      case 'gone':
        this.#onClosed(this.#isClosing ? 'closed from here' : 'the server ended the lease');
        return;
      case 'granted':
      case 'started':
      case 'ended':
      case 'output':
        this.#tell(message);
        return;
      default:
        message satisfies never;
    }
  }

  /** The slave's connection is closed if either half is not available. */
  async #dialStream(way: Way, key: string): Promise<void> {
    const place = this.#order.ways[way];
    if (place === undefined) return this.#send({ type: 'undialled', key });
    const own = connect({ ...place, noDelay: true });
    own.on('error', () => this.#send({ type: 'undialled', key }));
    try {
      const { stream, rest } = await openStream(this.#order.target, key, this.#stop.signal);
      if (own.destroyed) {
        stream.destroy();
        own.destroy();
        return;
      }
      this.#streams.add(own);
      joinSockets(stream, own, rest, () => this.#streams.delete(own));
    } catch {
      own.destroy();
      this.#send({ type: 'undialled', key });
    }
  }

  #send(message: ToServer): void {
    this.#connection?.send(message);
  }

  #beat(): void {
    const { clientTimeoutMs } = this.#order.request;
    this.#silence.judge(
      { limitMs: clientTimeoutMs, everyMs: beatEveryMs(clientTimeoutMs) },
      () => this.#send({ type: 'beat' }),
      (duration) => this.#onClosed(`the server was silent for ${duration}`),
    );
  }

  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#beats === undefined) {
      this.#stop.abort();
      this.#connection?.destroy();
      this.#proving?.reject(new Error('closed from here'));
      return;
    }
    this.#send({ type: 'leave' });
    setTimeout(() => this.#onClosed('the server did not end the lease in time'), GONE_WITHIN_MS).unref();
  }
}
