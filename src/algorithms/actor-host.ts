/** The port through which the tasks of actors reach the one that their slave has: only slaves know what they keep. */

import { UsageError } from '../errors.js';

/** A class whose instances may be actors. */
export type ActorClass = new (...args: never[]) => object;

/** Keeps the actor of a slave, one at a time. */
export interface ActorHost {
  /** Calls the constructor. The slave has no actor if that throws. */
  readonly make: (name: string, Class: ActorClass, args: readonly unknown[]) => void;
  /** Calls a method; throws UsageError if the slave has no actor of this name. */
  readonly call: (name: string, method: string, args: readonly unknown[]) => unknown;
  /** Forgets the actor, after its `[Symbol.asyncDispose]` or `[Symbol.dispose]` if it has one. */
  readonly end: (name: string) => unknown;
}

let host: ActorHost | undefined;

/** Says what keeps the actors of this process. */
export function keepActorsIn(keeper: ActorHost): void {
  host = keeper;
}

/** The part that keeps the actors of this process. */
export function actorHost(): ActorHost {
  if (host === undefined) throw new UsageError('no slave of ts-mw is loaded in this process');
  return host;
}
