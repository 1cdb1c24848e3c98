/**
 * Checks a URL before the client dials: whether it greets as a broker does, accepts clients, and shows a
 * certificate that we accept. The client does not distinguish these cases (nats 2.29), waits forever in some
 * of them, and forgets the certificate. The check ends like a client that leaves, so that the broker logs no
 * fault.
 */

import type { X509Certificate } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { giveUpAfter } from '../../structures/give-up-after.js';
import type { BrokerAddress } from '../ports.js';
import { isTlsUrl, parseBrokerUrl } from './broker-urls.js';
import { findOtherProtocol, type OtherProtocol } from './other-protocol.js';
import { tlsOptions } from './tls-options.js';

export type Greeting =
  | { readonly kind: 'broker'; readonly encrypted: boolean }
  /** Nothing listens, or it ends the connection without a message: the client says which. */
  | { readonly kind: 'gone' }
  /** It accepts the connection, but no message comes in time: it is frozen, or very busy. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'full'; readonly embedded: boolean }
  /** We require TLS, and it does not offer it. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'distrusted'; readonly shown: X509Certificate; readonly code: string }
  /** It asks for a certificate, and we have none. */
  | { readonly kind: 'certificate-wanted' }
  | { readonly kind: 'tls-failed'; readonly cause: Error }
  | { readonly kind: 'foreign'; readonly speaks: OtherProtocol };

/** A broker greets at once: after this silence, another protocol is tried. */
const SILENCE_MS = 1_000;
/** The time for the other side to close a connection that we ended. */
const FAREWELL_MS = 300;
const TICKET_MS = 250;
const LONGEST_INFO = 64 * 1024;
/** Sent by nats-server and by our broker after the INFO, before they close. */
const FULL = /^-ERR 'maximum connections exceeded'/m;

interface Info {
  readonly tls_required?: unknown;
  readonly tls_available?: unknown;
  readonly tls_verify?: unknown;
  readonly server_name?: unknown;
}

export async function greet(address: BrokerAddress, url: string, withinMs: number): Promise<Greeting> {
  const place = parseBrokerUrl(url);
  const deadline = performance.now() + withinMs;
  const socket = connect(place);
  socket.on('error', () => {});
  try {
    const said = await firstWords(socket, withinMs);
    if (said === 'gone') return { kind: 'gone' };
    if (said === 'mute' || said === 'hung-up') {
      const leftMs = deadline - performance.now();
      const speaks = said === 'hung-up' ? await findOtherProtocol(place, leftMs) : undefined;
      return speaks === undefined ? { kind: 'mute' } : { kind: 'foreign', speaks };
    }
    const json = /^INFO (\{.*\})\s*$/m.exec(said)?.[1];
    const info = json === undefined ? undefined : parseInfo(json);
    if (info === undefined) return { kind: 'foreign', speaks: { protocol: 'other', said } };
    const full: Greeting = { kind: 'full', embedded: info.server_name === 'ts-mw' };
    if (FULL.test(said)) return full;
    const demanded = isTlsUrl(url);
    const offered = info.tls_required === true || info.tls_available === true;
    if (demanded && !offered) return { kind: 'plain' };
    if (!demanded && info.tls_required !== true) {
      return FULL.test(await leave(socket)) ? full : { kind: 'broker', encrypted: false };
    }
    const leftMs = deadline - performance.now();
    // It stood still for so long that this end has closed its half
    if (socket.writableEnded) return leftMs > 0 ? await greet(address, url, leftMs) : { kind: 'mute' };
    const greeting = await shakeHands(socket, address, info, leftMs);
    socket.destroy();
    if (greeting.kind === 'tls-failed' && (await isFull(place))) return full;
    return greeting;
  } finally {
    await leave(socket);
  }
}

/**
 * `hung-up` if the other side ends a connection on which neither has sent anything, which a broker never
 * does.
 */
function firstWords(socket: Socket, withinMs: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    let connected = false;
    const waits: (() => void)[] = [];
    const settle = (words: string): void => {
      for (const stopWaiting of waits) stopWaiting();
      for (const event of ['data', 'end', 'close', 'connect']) socket.removeAllListeners(event);
      socket.pause();
      resolve(words);
    };
    let ended = false;
    waits.push(giveUpAfter(withinMs, () => settle(connected ? 'mute' : 'gone')));
    socket.once('connect', () => {
      connected = true;
      const endIfMute = (): void => {
        ended = true;
        socket.end();
      };
      waits.push(giveUpAfter(Math.min(SILENCE_MS, withinMs / 3), endIfMute));
    });
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('\n') || said.length > LONGEST_INFO || !'INFO '.startsWith(said.slice(0, 5)))
        settle(said);
    });
    const over = (): void => settle(said !== '' ? said : ended ? 'hung-up' : 'gone');
    socket.once('end', over);
    socket.once('close', over);
  });
}

function parseInfo(json: string): Info | undefined {
  try {
    const info: unknown = JSON.parse(json);
    return typeof info === 'object' && info !== null ? info : undefined;
  } catch {
    return undefined;
  }
}

/** Like the client, except that it looks at a certificate that is refused. */
function shakeHands(socket: Socket, address: BrokerAddress, info: Info, withinMs: number): Promise<Greeting> {
  const wantsOurs = info.tls_verify === true;
  const showsOurs = address.tls?.cert !== undefined;
  return new Promise((resolve) => {
    let secure: TLSSocket;
    const settle = (greeting: Greeting): void => {
      stopWaiting();
      resolve(greeting);
    };
    const fail = (cause: Error): void => settle({ kind: 'tls-failed', cause });
    const stopWaiting = giveUpAfter(withinMs, () => settle({ kind: 'mute' }));
    try {
      secure = connectTls({ socket, ...tlsOptions(address), rejectUnauthorized: false });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const verdict = (): void => {
      secure.off('error', fail).off('close', cut);
      const shown = secure.getPeerX509Certificate();
      // Typed as an Error, and a code.
      const code = String(secure.authorizationError ?? '');
      void leave(secure).then(() => {
        if (!secure.authorized && shown !== undefined) settle({ kind: 'distrusted', shown, code });
        else if (wantsOurs && !showsOurs) settle({ kind: 'certificate-wanted' });
        else settle({ kind: 'broker', encrypted: true });
      });
    };
    const cut = (): void => fail(new Error('the connection ended during the handshake'));
    secure.on('error', fail);
    secure.once('close', cut);
    secure.once('secureConnect', () => {
      if (!secure.authorized || !wantsOurs || !showsOurs) {
        verdict();
        return;
      }
      // In TLS 1.3, a server says only now whether it accepts our certificate: by a ticket, or an alert.
      const stopPatience = giveUpAfter(TICKET_MS, verdict);
      secure.once('session', verdict);
      secure.once('close', stopPatience);
    });
  });
}

/** A full broker says so after its INFO, unencrypted, also where a handshake is expected. */
async function isFull(place: { readonly host: string; readonly port: number }): Promise<boolean> {
  const socket = connect(place);
  return FULL.test(await leave(socket));
}

/**
 * A broker whose client leaves in the middle of something logs a fault: so we say goodbye and wait. Resolves
 * with the rest of its messages.
 */
function leave(socket: Socket): Promise<string> {
  if (socket.destroyed) return Promise.resolve('');
  return new Promise((resolve) => {
    let said = '';
    const end = (): void => {
      stopWaiting();
      socket.destroy();
      resolve(said);
    };
    const stopWaiting = giveUpAfter(FAREWELL_MS, end);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (said.length < LONGEST_INFO) said += chunk.toString('latin1');
    });
    socket.once('close', end);
    socket.end();
    socket.resume();
  });
}
