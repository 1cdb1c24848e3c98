/** Finds out what listens at an address without a broker: often a neighbouring port was typed. */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { giveUpAfter } from '../../structures/give-up-after.js';

export type OtherProtocol =
  | { readonly protocol: 'websocket' | 'http' | 'tls' | 'unknown' }
  /** It spoke first. */
  | { readonly protocol: 'other'; readonly said: string };

const ANSWER_WITHIN_MS = 1_000;

/** Use it only for an address that has hung up on silence: a broker would log our bytes as a fault. */
export async function findOtherProtocol(
  place: { readonly host: string; readonly port: number },
  withinMs: number,
): Promise<OtherProtocol> {
  const patienceMs = Math.max(100, Math.min(ANSWER_WITHIN_MS, withinMs));
  const [answer, tls] = await Promise.all([askHttp(place, patienceMs), speaksTls(place, patienceMs)]);
  if (/^HTTP\//.test(answer)) {
    return { protocol: /^sec-websocket-version:/im.test(answer) ? 'websocket' : 'http' };
  }
  return { protocol: tls ? 'tls' : 'unknown' };
}

function askHttp(place: { readonly host: string; readonly port: number }, withinMs: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(place, () => socket.write(`GET / HTTP/1.1\r\nHost: ${place.host}\r\n\r\n`));
    const settle = endOf(socket, withinMs, () => resolve(answer));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n') || !'HTTP/'.startsWith(answer.slice(0, 5))) settle();
    });
  });
}

function speaksTls(
  place: { readonly host: string; readonly port: number },
  withinMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    let speaks = false;
    const socket = connectTls({ ...place, rejectUnauthorized: false });
    const settle = endOf(socket, withinMs, () => resolve(speaks));
    socket.once('secureConnect', () => {
      speaks = true;
      settle();
    });
  });
}

/**
 * Calls `done` once: when the returned function is called, when the connection ends, or when the time is
 * over.
 */
function endOf(socket: Socket, withinMs: number, done: () => void): () => void {
  const settle = (): void => {
    stopWaiting();
    socket.off('close', settle);
    socket.destroy();
    done();
  };
  const stopWaiting = giveUpAfter(withinMs, settle);
  socket.on('error', () => {});
  socket.once('close', settle);
  return settle;
}
