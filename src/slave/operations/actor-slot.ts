/** Keeps the actor of a slave. Its tasks are ordered ones of that slave, so they run here one after another. */

import { type ActorHost, keepActorsIn } from '../../algorithms/actor-host.js';
import { UsageError } from '../../errors.js';
import { slaveLocal } from '../run/task-context.js';

interface Kept {
  readonly name: string;
  readonly instance: object;
}

/** An actor whose session was lost stays here until another one is made. */
const slot = slaveLocal<Kept>();

const slotHost: ActorHost = {
  make(name, Class, args) {
    slot.value = undefined;
    slot.value = { name, instance: new Class(...(args as never[])) };
  },

  call(name, method, args) {
    const instance = instanceOf(name) as Record<string, (...args: readonly unknown[]) => unknown>;
    return instance[method]?.(...args);
  },

  async end(name) {
    const instance = instanceOf(name) as Partial<AsyncDisposable & Disposable>;
    slot.value = undefined;
    // A Node without these symbols has nothing under them
    if (typeof instance[Symbol.asyncDispose] === 'function') await instance[Symbol.asyncDispose]?.();
    else if (typeof instance[Symbol.dispose] === 'function') instance[Symbol.dispose]?.();
  },
};

function instanceOf(name: string): object {
  const kept = slot.value;
  if (kept?.name === name) return kept.instance;
  throw new UsageError(
    `this slave has no actor ${JSON.stringify(name)}; its tasks are submitted by what create returned, and by nothing else`,
  );
}

/** Called once, when a slave's code is loaded. */
export function keepActorsInSlot(): void {
  keepActorsIn(slotHost);
}
