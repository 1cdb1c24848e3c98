/** Opens a stream that a server has asked for. */

import type { Socket } from 'node:net';
import { FrameConnection } from '../protocol/frame-connection.js';
import { readJoined, SERVER_PROTOCOL } from '../protocol/messages.js';
import { connectTo, type ServerTarget } from './connect.js';

/** For the slave to take it. */
const JOINED_WITHIN_MS = 10_000;

interface OpenStream {
  /** Paused. */
  readonly stream: Socket;
  /** Of the slave's bytes, those that have come. */
  readonly rest: Buffer;
}

/** Resolves when the slave's end is joined to it. Rejects if that does not happen within ten seconds, or when it is aborted. */
export async function openStream(
  target: ServerTarget,
  key: string,
  signal: AbortSignal,
): Promise<OpenStream> {
  const connection = new FrameConnection(await connectTo(target, { signal }));
  const abort = (): void => connection.destroy();
  signal.addEventListener('abort', abort);
  try {
    connection.send({ type: 'stream', version: SERVER_PROTOCOL, key });
    readJoined(await connection.receive(JOINED_WITHIN_MS));
    const { socket: stream, rest } = connection.giveAway();
    return { stream, rest };
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
