/** Serves metrics over HTTP, or HTTPS, at `/metrics`, on the main thread: a blocked master does not answer. */

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { FlagError } from '../../errors.js';
import { hostAndPort } from '../../link/connection/broker-urls.js';
import { CONTENT_TYPES, type ExpositionFormat } from './exposition.js';

export interface MetricsTls {
  readonly cert: string;
  readonly key: string;
  /** Authorities that must have signed the certificate of each reader; any reader without them. */
  readonly clientCa?: string | undefined;
}

export interface MetricsServerParams {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: MetricsTls | undefined;
  readonly read: (format: ExpositionFormat) => string;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

const PATH = '/metrics';
const MOST_CONNECTIONS = 16;
const MOST_HEADER_BYTES = 8 * 1024;
const REQUEST_WITHIN_MS = 5_000;
/** Node looks for connections that take too long only so often. */
const LOOK_EVERY_MS = 1_000;
/** Readers within this time get the same text, so that many of them cost the master little. */
const SAME_FOR_MS = 250;

/** Throws FlagError naming `--metrics` if it cannot listen. Neither the server nor a reader keeps a process alive. */
export async function openMetricsServer(params: MetricsServerParams): Promise<MetricsServer> {
  const server = serverOf(params.tls, answering(cached(params.read)));
  server.maxConnections = MOST_CONNECTIONS;
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

function serverOf(tls: MetricsTls | undefined, listener: RequestListener): Server {
  const limits = {
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: REQUEST_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: LOOK_EVERY_MS,
  };
  if (tls === undefined) return createServer(limits, listener);
  const { cert, key, clientCa } = tls;
  const asks = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ ...limits, handshakeTimeout: REQUEST_WITHIN_MS, cert, key, ...asks }, listener);
}

function listen(server: Server, { host, port }: MetricsServerParams): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = WHY[error.code ?? ''] ?? error.message;
      reject(
        new FlagError('--metrics', `cannot listen on ${hostAndPort(host, port)}: ${why}`, { cause: error }),
      );
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
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

function answering(read: (format: ExpositionFormat) => string): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    } else if (path !== PATH) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`metrics are at ${PATH}\n`);
    } else {
      const format = formatFor(request);
      const headers = { 'Content-Type': CONTENT_TYPES[format], 'Cache-Control': 'no-store' };
      response.writeHead(200, headers).end(read(format));
    }
  };
}

function formatFor({ headers }: IncomingMessage): ExpositionFormat {
  return headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
}

function cached(read: (format: ExpositionFormat) => string): (format: ExpositionFormat) => string {
  const last = new Map<ExpositionFormat, { readonly text: string; readonly at: number }>();
  return (format) => {
    const now = performance.now();
    const known = last.get(format);
    if (known !== undefined && now - known.at < SAME_FOR_MS) return known.text;
    const text = read(format);
    last.set(format, { text, at: now });
    return text;
  };
}
