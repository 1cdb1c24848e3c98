/** One question to a server: whether it is there, or that it ends. */

import { JoinError } from '../../errors.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import type { ServerAuth } from '../protocol/auth.js';
import { FrameConnection } from '../protocol/frame-connection.js';
import { greetServer } from '../protocol/handshake.js';
import type { Purpose, Welcome } from '../protocol/messages.js';
import { connectTo, type ServerTarget } from './connect.js';
import { proveBy } from './prove.js';

/** Throws JoinError: a ServerRefusal if it answers and will not have us. */
export async function askServer(
  target: ServerTarget,
  purpose: Exclude<Purpose, 'lease'>,
  auth: ServerAuth | undefined,
  timeoutMs?: number,
): Promise<Welcome> {
  const connection = new FrameConnection(await connectTo(target, { timeoutMs }));
  const greeting = greetServer(connection, purpose, (asked) => proveBy(auth, asked, target.host));
  let stopWaiting = (): void => {};
  try {
    if (timeoutMs === undefined) return await greeting;
    // A proof may wait for something else than the server
    const late = new Promise<never>((_, reject) => {
      stopWaiting = giveUpAfter(timeoutMs, () => {
        connection.destroy();
        reject(new JoinError('no answer in time'));
      });
    });
    return await Promise.race([greeting, late]);
  } finally {
    stopWaiting();
    connection.end();
  }
}
