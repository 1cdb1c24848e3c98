/**
 * A thread that was started before the program which needs it: a server's spare process has one when it becomes a slave.
 *
 * It is left in a property of the global object. The program takes it only if the thread runs the very text that the program
 * has for it, since the two may come of different versions of the library.
 */

import type { Worker } from 'node:worker_threads';
import type { ThreadName } from './thread-texts.js';

/** The symbol's name in the registry of symbols. */
export const PREPARED_THREAD = 'ts-mw.prepared-thread';

/** The property's value while the thread lives, which waits for its first message and does not keep its process alive. */
export interface PreparedThread {
  readonly name: ThreadName;
  /** As in `THREAD_TEXTS`. */
  readonly text: string;
  readonly worker: Worker;
}

/** Comes after the text of a thread that has no file: stacks and profiles show this name. */
export function sourceUrl(name: ThreadName): string {
  return `\n//# sourceURL=ts-mw-${name}.cjs`;
}

/** Undefined if there is none of that name. One of another text is ended: nobody else will ask. */
export function takePreparedThread(name: ThreadName, text: string): Worker | undefined {
  const key = Symbol.for(PREPARED_THREAD);
  const prepared = Reflect.get(globalThis, key) as PreparedThread | undefined;
  if (prepared === undefined || prepared.name !== name) return undefined;
  Reflect.deleteProperty(globalThis, key);
  // Its preparer has its own
  prepared.worker.removeAllListeners('error').removeAllListeners('exit');
  if (prepared.text === text) return prepared.worker;
  prepared.worker.on('error', () => {});
  void prepared.worker.terminate();
  return undefined;
}
