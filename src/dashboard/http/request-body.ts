/** Reads the bodies of requests that change something. */

import type { IncomingMessage } from 'node:http';

const MOST_BODY_BYTES = 16 * 1024;

/** Its JSON; undefined if it is not JSON, or too long. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined;
  }
}
