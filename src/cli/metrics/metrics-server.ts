/** Serves metrics over HTTP, or HTTPS, at `/metrics`, on the main thread: a blocked master does not answer. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { type Listener, type ListenerTls, openListener } from '../../dashboard/listener/listener.js';
import { foreignHostText, isOwnHost, namesOf } from '../../dashboard/listener/own-hosts.js';
import { FlagError } from '../../errors.js';
import { CONTENT_TYPES, type ExpositionFormat } from './exposition.js';

interface MetricsServerParams {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: ListenerTls | undefined;
  readonly read: (format: ExpositionFormat) => string;
}

const PATH = '/metrics';
const MOST_CONNECTIONS = 16;
/** Readers within this time get the same text, so that many of them cost the master little. */
const SAME_FOR_MS = 250;

/** Throws FlagError naming `--metrics` if it cannot listen. Neither the server nor a reader keeps a process alive. */
export async function openMetricsServer({ host, port, tls, read }: MetricsServerParams): Promise<Listener> {
  const answer = answering(namesOf(host), cached(read));
  try {
    return await openListener({ host, port, tls, mostConnections: MOST_CONNECTIONS, answer });
  } catch (error) {
    throw new FlagError('--metrics', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

function answering(names: ReadonlySet<string>, read: (format: ExpositionFormat) => string): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    const { host } = request.headers;
    if (!isOwnHost(host, names)) {
      response.writeHead(421, { 'Content-Type': 'text/plain' }).end(foreignHostText(host, '--metrics'));
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
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
