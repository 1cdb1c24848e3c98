/** The pipe from a master to a local slave; only its end has a meaning. */

import { Socket } from 'node:net';

/**
 * Calls `onEnd` once, when no process holds the other end any more; returns a function that ends the watch.
 */
export function watchParentPipe(fd: number, onEnd: (evidence: string) => void): () => void {
  const pipe = new Socket({ fd, readable: true, writable: false });
  // A destroyed pipe reports nothing more, so only one of the two comes.
  const end = (): void => {
    pipe.destroy();
    onEnd('the pipe from the master has ended');
  };
  pipe.on('end', end);
  pipe.on('error', end);
  pipe.resume();
  return () => pipe.destroy();
}
