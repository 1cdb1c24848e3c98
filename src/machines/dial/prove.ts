/** A master's answer to the way in which a server wants it to prove itself. */

import { JoinError } from '../../errors.js';
import { thrownText } from '../../structures/value-text.js';
import { noAuth, type ServerAuth } from '../protocol/auth.js';
import type { Asked } from '../protocol/handshake.js';
import { ServerRefusal } from '../protocol/server-refusal.js';

/** Throws ServerRefusal if the two have no way in common, or the server does not prove itself; JoinError if it is gone. */
export async function proveBy(
  auth: ServerAuth | undefined,
  { method, channel }: Asked,
  host: string,
): Promise<void> {
  const own = auth ?? noAuth;
  if (own.method !== method) throw new ServerRefusal(difference(own.method, method));
  try {
    await own.proveToServer(channel, host);
  } catch (error) {
    // Of the connection itself, which may be better next time
    if (error instanceof JoinError) throw error;
    throw new ServerRefusal(thrownText(error), { cause: error });
  }
}

/** A server that asks for less than its master has may be somebody else at its address. */
function difference(own: string, asked: string): string {
  const cure = asked === 'token' ? '; give --server-token-file FILE' : '';
  if (own === noAuth.method) return `it asks for a ${asked}, and none was given${cure}`;
  if (asked === noAuth.method)
    return `it asks for no ${own}, so that it may be another server; start it with one`;
  return `it asks for a ${asked}, and a ${own} was given${cure}`;
}
