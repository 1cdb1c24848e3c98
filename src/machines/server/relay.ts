/**
 * The ways of one lease's slaves to their master, which is asked to dial a stream for each connection. A slave connects to a port
 * on loopback as if it were its master's, and both are joined; or it is handed the stream itself. A connection that is not
 * dialled within ten seconds is closed.
 */

import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { giveUpAfter } from '../../structures/give-up-after.js';
import { messageFrame } from '../protocol/frames.js';
import { joinSockets } from '../protocol/join-sockets.js';
import { JOINED, type Way } from '../protocol/messages.js';
import type { AskForStream } from '../protocol/stream-channel.js';

const DIAL_WITHIN_MS = 10_000;
/** Connections of one slave, while it dials again. */
const STREAMS_PER_SLOT = 8;
const KEY_BYTES = 24;

interface Wanted {
  /** `rest` came after the key. */
  readonly take: (stream: Socket, rest: Buffer) => void;
  readonly giveUp: () => void;
}

interface Waiting extends Wanted {
  readonly stopWaiting: () => void;
}

interface RelayParams {
  readonly slots: number;
  readonly onWanted: (way: Way, key: string) => void;
}

export class Relay {
  readonly #params: RelayParams;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(params: RelayParams) {
    this.#params = params;
  }

  /** Resolves with the port of each way. */
  async open(ways: readonly Way[]): Promise<Partial<Record<Way, number>>> {
    const ports: Partial<Record<Way, number>> = {};
    for (const way of ways) ports[way] = await this.#listen(way);
    return ports;
  }

  /** Whether a slave waits for a stream with this key. Keys have 192 random bits: no time of a look-up leads to one. */
  isWaiting(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Takes what the master has dialled; false if nobody waits for a stream with this key. */
  take(key: string, stream: Socket, rest: Buffer): boolean {
    const waiting = this.#remove(key);
    if (waiting === undefined) return false;
    waiting.take(stream, rest);
    return true;
  }

  /** A stream to the data port, for a slave that it is handed to. None where the server decrypts what the master sends. */
  readonly hand: AskForStream = (take) => {
    if (this.#waiting.size >= this.#params.slots * STREAMS_PER_SLOT) {
      take(undefined);
      return;
    }
    this.#want('data', {
      take: (stream, rest) => {
        // The master waits to be told that the slave has it
        const isWhole = rest.length === 0 && !(stream instanceof TLSSocket);
        if (!isWhole) stream.destroy();
        take(isWhole ? stream : undefined);
      },
      giveUp: () => take(undefined),
    });
  };

  /** The master cannot dial it. */
  giveUp(key: string): void {
    this.#remove(key)?.giveUp();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const key of [...this.#waiting.keys()]) this.giveUp(key);
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(way: Way): Promise<number> {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(way, socket),
    );
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
        server.off('error', reject);
        // A connection that cannot be accepted must not end the process
        server.on('error', () => {});
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #accept(way: Way, socket: Socket): void {
    socket.on('error', () => {});
    if (this.#sockets.size >= this.#params.slots * STREAMS_PER_SLOT * 2) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#want(way, {
      take: (stream, rest) => this.#join(socket, stream, rest),
      giveUp: () => socket.destroy(),
    });
  }

  #join(socket: Socket, stream: Socket, rest: Buffer): void {
    this.#sockets.add(stream);
    if (socket.destroyed) stream.destroy();
    stream.write(messageFrame(JOINED));
    joinSockets(stream, socket, rest, () => this.#sockets.delete(stream));
  }

  #want(way: Way, wanted: Wanted): void {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const stopWaiting = giveUpAfter(DIAL_WITHIN_MS, () => this.giveUp(key));
    this.#waiting.set(key, { ...wanted, stopWaiting });
    this.#params.onWanted(way, key);
  }

  #remove(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    waiting?.stopWaiting();
    this.#waiting.delete(key);
    return waiting;
  }
}
