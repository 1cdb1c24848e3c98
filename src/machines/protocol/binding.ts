/** The bytes that tie a proof to one connection: see `AuthChannel.binding`. */

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

interface BindingFacts {
  readonly purpose: string;
  readonly method: string;
  /** Of the master, then of the server. */
  readonly nonces: readonly [string, string];
}

const EXPORTER = 'EXPORTER-ts-mw-server';
const BYTES = 32;

export function bindingOf(socket: Socket, { purpose, method, nonces }: BindingFacts): Buffer {
  const hash = createHash('sha256').update(JSON.stringify([purpose, method, ...nonces]));
  // A man in the middle has other keys on each of his two connections
  if (socket instanceof TLSSocket) hash.update(socket.exportKeyingMaterial(BYTES, EXPORTER, Buffer.alloc(0)));
  return hash.digest();
}
