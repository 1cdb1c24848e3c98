/** Opens a connection to a server, encrypted if it is told so, and says in words why it cannot. */

import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { JoinError } from '../../errors.js';
import { hostAndPort } from '../../link/connection/broker-urls.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import { ServerRefusal } from '../protocol/server-refusal.js';

/** PEM, all of them. */
export interface DialTls {
  /** Authorities, one of which has signed the server's certificate; those that Node trusts by default. */
  readonly ca?: string | undefined;
  /** For servers that ask for a certificate. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface ServerTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined for a connection without encryption. */
  readonly tls?: DialTls | undefined;
}

interface ConnectOptions {
  readonly timeoutMs?: number | undefined;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_WITHIN_MS = 10_000;

/** Throws ServerRefusal if its certificate cannot be trusted, JoinError if it cannot be reached. */
export function connectTo(
  target: ServerTarget,
  { timeoutMs = CONNECT_WITHIN_MS, signal }: ConnectOptions = {},
): Promise<Socket> {
  const { host, port, tls } = target;
  return new Promise((resolve, reject) => {
    const socket =
      tls === undefined
        ? connectPlain({ host, port, noDelay: true })
        : connectTls({ host, port, ...definedOf(tls), ...(isIP(host) === 0 ? { servername: host } : {}) });
    const fail = (error: NodeJS.ErrnoException): void => {
      end();
      socket.on('error', () => {});
      socket.destroy();
      reject(explain(target, error));
    };
    const stopWaiting = giveUpAfter(timeoutMs, () =>
      fail(new Error(`no connection within ${(timeoutMs / 1000).toFixed(1)} s`)),
    );
    const abort = (): void => fail(new Error('closed from here'));
    const end = (): void => {
      stopWaiting();
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort);
    socket.once('error', fail);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      end();
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function definedOf(tls: DialTls): { readonly [K in keyof DialTls]: string } {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SIGNATURE_FAILURE/;

function explain({ host, port, tls }: ServerTarget, error: NodeJS.ErrnoException): JoinError {
  const code = error.code ?? '';
  const options = { cause: error };
  const place = hostAndPort(host, port);
  if (code === 'ECONNREFUSED') {
    return new JoinError(`nothing listens at ${place}; type npx ts-mw server there`, options);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new JoinError(`no address of ${host} is known`, options);
  if (UNTRUSTED.test(code)) {
    return new ServerRefusal(
      'no authority that is trusted here signed its certificate; type --tls-ca FILE with the one that did',
      options,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new ServerRefusal(
      `its certificate is not for ${host}; name the server as its certificate does`,
      options,
    );
  }
  if (/EXPIRED|NOT_YET_VALID/.test(code)) {
    return new ServerRefusal('its certificate is not valid now; renew it, or set the clock', options);
  }
  if (tls !== undefined && (code === 'ECONNRESET' || /WRONG_VERSION|PACKET_LENGTH/.test(code))) {
    return new JoinError('it does not speak TLS; start it with --tls-cert and --tls-key', options);
  }
  return new JoinError(error.message, options);
}
