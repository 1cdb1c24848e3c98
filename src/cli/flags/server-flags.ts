/** The flags about standing servers. */

import { FlagError } from '../../errors.js';
import { isLoopback } from '../../link/connection/broker-urls.js';
import { parseHost, wrong } from './flag-values.js';

/** The token of servers if no file is named. */
export const SERVER_TOKEN_VARIABLE = 'TS_MW_SERVER_TOKEN';
/** lfarm's. */
export const DEFAULT_SERVER_PORT = 11_111;
const MOST_SERVERS = 256;

export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/** Each text is `[tls://]HOST[:PORT]`, or several with commas; one that comes twice counts once. */
export function parseServers(texts: readonly string[], insecure: boolean): readonly ServerPlace[] {
  const words = texts.flatMap((text) => text.split(',').map((word) => word.trim()));
  const places = new Map(
    words.map((word) => {
      const place = parseServer('--servers', word, insecure);
      return [`${place.host} ${place.port}`, place];
    }),
  );
  if (places.size > MOST_SERVERS) {
    throw new FlagError(
      '--servers',
      `expected at most ${MOST_SERVERS} servers, got ${places.size}; leave some out`,
    );
  }
  return [...places.values()];
}

/** `[tls://]HOST[:PORT]`. */
export function parseServer(name: string, text: string, insecure: boolean): ServerPlace {
  const match = /^(tls:\/\/)?(\[[^\]]*\]|[^:/]+)(?::(\d{1,5}))?$/i.exec(text);
  const port = Number(match?.[3] ?? DEFAULT_SERVER_PORT);
  if (match === null || port < 1 || port > 65_535) {
    throw wrong(name, 'HOST:PORT or tls://HOST:PORT of a server', text, `127.0.0.1:${DEFAULT_SERVER_PORT}`);
  }
  const host = parseHost(name, match[2] ?? '');
  return { host, port, encrypted: match[1] !== undefined || (!isLoopback(host) && !insecure) };
}
