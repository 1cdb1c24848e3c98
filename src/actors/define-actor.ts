/** Defines actors: objects of a class that live on a slave, and whose methods are tasks there. */

import type { ActorClass } from '../algorithms/actor-host.js';
import { callSiteOf, placeAbove, placeOf } from '../algorithms/call-site.js';
import { resolvePolicy } from '../algorithms/policy.js';
import { currentMaster, inScope } from '../algorithms/submitter-context.js';
import { UsageError } from '../errors.js';
import { heldBy } from '../flow/scope/run-component.js';
import { currentFlowScope } from '../flow/scope/scope.js';
import { checkOptionNames } from '../structures/check-options.js';
import { givenText } from '../structures/value-text.js';
import { ActorLife } from './actor-life.js';
import { type ActorParts, defineParts } from './actor-parts.js';
import { proxyOf } from './actor-proxy.js';
import type {
  Actor,
  ActorDefinition,
  ActorMaker,
  ActorOptions,
  ActorPolicy,
  DefineActorOptions,
  DefinedActor,
} from './actor-types.js';

const MAKER_KEYS = ['restart', 'timeout'] as const satisfies (keyof ActorOptions)[];
const KEYS = [...MAKER_KEYS, 'policy', 'version'] as const satisfies (keyof DefineActorOptions)[];
const POLICY_KEYS = [
  'timeoutSeconds',
  'category',
  'killGraceSeconds',
] as const satisfies (keyof ActorPolicy)[];
const MOST_RESTARTS = 1_000_000;
const MOST_TIMEOUT_SECONDS = 2_000_000;

/**
 * Defines an actor: an object of a class that lives on a slave. Master and slaves must both define it, under the same
 * name, before they are initialized; its fingerprint covers the source of the class and of those that it extends. Its
 * tasks are named after it: `name` is the constructor, `name.method` a call. Throws UsageError for a name that is empty, taken,
 * or cannot be shown in a line, for anything but a class, for a class with a method `stop` or `then`, and for wrong options.
 *
 * @example
 * class Counter {
 *   #count = 0;
 *   add(n: number) { this.#count += n; return this.#count; }
 * }
 * const CounterActor = defineActor('counter', Counter, { restart: true });
 * // in the master algorithm
 * await using counter = await CounterActor.create();
 * console.log(await counter.add(3));
 */
export function defineActor<C extends ActorClass>(
  name: string,
  Class: C,
  options: DefineActorOptions = {},
): DefinedActor<C> {
  const place = placeOf(callSiteOf(defineActor));
  checkOptions(`actor ${JSON.stringify(name)}`, options, KEYS);
  const { policy = {}, version, ...own } = options;
  checkPolicy(name, policy);
  if (version !== undefined && (typeof version !== 'string' || version === '')) {
    throw new UsageError(`the version of actor ${JSON.stringify(name)} is a string that is not empty`);
  }
  const parts = defineParts({ name, Class, policy: resolvePolicy(policy), version, place });
  const definition: ActorDefinition<C> = Object.freeze({
    name,
    create: makerOf<C>(parts, own).create,
    with: (more: ActorOptions) => {
      checkOptions(`with of actor ${JSON.stringify(name)}`, more, MAKER_KEYS);
      return makerOf<C>(parts, { ...own, ...more });
    },
  });
  return definition as unknown as DefinedActor<C>;
}

function makerOf<C extends ActorClass>(
  parts: ActorParts,
  { restart = false, timeout }: ActorOptions,
): ActorMaker<C> {
  const create = (...args: readonly unknown[]): Promise<Actor<InstanceType<C>>> => {
    const place = placeAbove(create);
    return heldBy(currentFlowScope(), async () => {
      const master = currentMaster(`${parts.name}.create`);
      const submitter = inScope(master);
      const life = new ActorLife({
        ...{ parts, args, submitter, master, restart, place },
        timeoutSeconds: timeout,
      });
      await life.create();
      return proxyOf<InstanceType<C>>(parts, life);
    });
  };
  return { create: create as ActorMaker<C>['create'] };
}

function checkOptions(of: string, options: DefineActorOptions, keys: readonly string[]): void {
  checkOptionNames(of, options, keys);
  const { restart, timeout } = options;
  const isCount = Number.isSafeInteger(restart) && isWithin(restart, MOST_RESTARTS);
  if (restart !== undefined && typeof restart !== 'boolean' && !isCount) {
    throw new UsageError(
      `restart of ${of} is true, false or a whole number from 0 to ${MOST_RESTARTS}; got ${givenText(restart)}`,
    );
  }
  if (timeout !== undefined && !isWithin(timeout, MOST_TIMEOUT_SECONDS)) {
    throw new UsageError(
      `the timeout of ${of} is a number of seconds from 0 to ${MOST_TIMEOUT_SECONDS}; got ${givenText(timeout)}`,
    );
  }
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function checkPolicy(name: string, policy: ActorPolicy): void {
  for (const key of Object.keys(Object(policy))) {
    if ((POLICY_KEYS as readonly string[]).includes(key)) continue;
    throw new UsageError(
      `the policy of actor ${JSON.stringify(name)} has no ${JSON.stringify(key)}, since its tasks run once, on its own ` +
        `slave; it may have ${POLICY_KEYS.join(', ')}`,
    );
  }
}
