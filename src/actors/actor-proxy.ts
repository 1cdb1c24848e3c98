/** The program's handle of an actor: its methods and `stop`, and an error for everything else that a class may have. */

import type { Future } from '../algorithms/types.js';
import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { givenText } from '../structures/value-text.js';
import type { ActorLife } from './actor-life.js';
import type { ActorParts } from './actor-parts.js';
import type { Actor, StopActorOptions } from './actor-types.js';

/** Asked of any object: by await, by JSON.stringify and by test libraries. */
const ASKED_OF_ALL = new Set(['then', 'toJSON', 'asymmetricMatch']);

export function proxyOf<T>(parts: ActorParts, life: ActorLife): Actor<T> {
  const { name, methods } = parts;
  const stop = (options: StopActorOptions = {}): Promise<void> => life.stop(checked(name, options));
  const members: Record<PropertyKey, unknown> = { stop, [Symbol.asyncDispose]: () => life.stop() };
  for (const [key, method] of methods) {
    const stub = (...args: readonly unknown[]): Future<unknown> => life.call(method, args, stub);
    members[key] = stub;
  }
  const proxy = new Proxy(members, {
    get: (target, key) => {
      if (key in target || typeof key === 'symbol' || ASKED_OF_ALL.has(key)) return Reflect.get(target, key);
      throw new UsageError(unreachable(parts, key));
    },
    set: (_, key) => {
      throw new UsageError(
        `the actor ${name} cannot be given ${String(key)}: its state is on its slave, and is changed by its methods`,
      );
    },
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  // Only its class knows the types
  return proxy as unknown as Actor<T>;
}

function unreachable({ name, className, methods, accessors }: ActorParts, key: string): string {
  const what = accessors.has(key)
    ? `it is a getter or a setter of ${className}`
    : `${className} has no method of that name`;
  const known = [...methods.keys()].slice(0, 10).join(', ');
  return (
    `the actor ${name} has no call ${key}: ${what}, and fields are on the slave alone; ` +
    `write a method that returns it. Its calls are ${known === '' ? 'none' : known}${methods.size > 10 ? ', …' : ''} and stop`
  );
}

function checked(name: string, options: StopActorOptions): StopActorOptions {
  checkOptionNames(`stop of the actor ${name}`, options, ['now']);
  if (options.now === undefined || typeof options.now === 'boolean') return options;
  throw new UsageError(`now of stop is true or false; got ${givenText(options.now)}`);
}
