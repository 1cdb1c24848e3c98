/** Lets the bytes of two sockets flow both ways, at the pace of the slower one, until either ends. */

import type { Socket } from 'node:net';

/** `rest` was read from `one` already. Calls `onEnd` once both are destroyed. */
export function joinSockets(one: Socket, other: Socket, rest: Buffer, onEnd: () => void): void {
  let open = 2;
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) {
    socket.setNoDelay(true);
    socket.on('error', end);
    socket.once('close', () => {
      end();
      if (--open === 0) onEnd();
    });
  }
  if (rest.length > 0) other.write(rest);
  // `pipe` ends the other one after the last byte
  one.pipe(other);
  other.pipe(one);
}
