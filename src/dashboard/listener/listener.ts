/** An HTTP or HTTPS server within limits that no stranger can exceed: where metrics and the dashboard are read. */

import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** Authorities that must have signed the certificate of each reader; any reader without them. */
  readonly clientCa?: string | undefined;
}

interface ListenerParams {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: ListenerTls | undefined;
  /** Further ones are closed at once. */
  readonly mostConnections: number;
  readonly answer: RequestListener;
}

export interface Listener {
  readonly port: number;
  /** Closes all connections too. */
  close(): Promise<void>;
}

const MOST_HEADER_BYTES = 8 * 1024;
const REQUEST_WITHIN_MS = 5_000;
/** Node looks for connections that take too long only so often. */
const LOOK_EVERY_MS = 1_000;

/**
 * Neither the server nor a reader keeps a process alive. Rejects, if it cannot listen, with an error that names the
 * address and says what to type instead.
 */
export async function openListener(params: ListenerParams): Promise<Listener> {
  const server = serverOf(params);
  server.maxConnections = params.mostConnections;
  server.on('connection', (socket) => socket.unref());
  await listen(server, params);
  // A connection that cannot be accepted must not end the process
  server.on('error', () => {});
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serverOf({ tls, answer }: ListenerParams): Server {
  const limits = {
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: REQUEST_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  if (tls === undefined) return createServer(limits, answer);
  const { cert, key, clientCa } = tls;
  const asks = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ ...limits, handshakeTimeout: REQUEST_WITHIN_MS, cert, key, ...asks }, answer);
}

function listen(server: Server, { host, port }: ListenerParams): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = WHY[error.code ?? ''] ?? error.message;
      const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      reject(new Error(`cannot listen on ${place}: ${why}`, { cause: error }));
    };
    server.once('error', onError);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port; type another one, or 0 for any free one',
  EADDRNOTAVAIL: 'this machine does not have that address; type one that it has',
  ENOTFOUND: 'there is no host of that name; type an address of this machine',
  EACCES: 'this user may not have that port; type one from 1024',
};
