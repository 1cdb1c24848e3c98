/** Reads a class: the methods of its instances, and a definition for each, by which slaves find them. */

import { type ActorClass, actorHost } from '../algorithms/actor-host.js';
import { fingerprintFor } from '../algorithms/fingerprint.js';
import { PlaceSampler } from '../algorithms/place-sampler.js';
import { checkAlgorithmName, registerAlgorithm } from '../algorithms/registry.js';
import type { AlgorithmDefinition, ResolvedPolicy, TaskFunction } from '../algorithms/types.js';
import { UsageError } from '../errors.js';

/** Names of the proxy itself, and names that would mean something else than a call there. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ['stop', 'it is what ends every actor'],
  ['then', 'await would call it, and take the actor for a promise'],
]);

export interface ActorMethod {
  readonly definition: AlgorithmDefinition;
  /** The method itself, for the number of its parameters. */
  readonly fn: TaskFunction;
  readonly places: PlaceSampler;
}

/** The algorithms of an actor: its constructor under its name, its methods as `name.method`, and its end. */
export interface ActorParts {
  readonly name: string;
  readonly className: string;
  readonly make: AlgorithmDefinition;
  readonly methods: ReadonlyMap<string, ActorMethod>;
  readonly end: AlgorithmDefinition;
  /** Of what has no call: accessors of the class, by name. */
  readonly accessors: ReadonlySet<string>;
}

interface PartsParams {
  readonly name: string;
  readonly Class: ActorClass;
  readonly policy: ResolvedPolicy;
  readonly version: string | undefined;
  /** Of the definition. */
  readonly place: string;
}

/** Enters the algorithms in the registry. Throws UsageError for a class that cannot be an actor, or a taken name. */
export function defineParts({ name, Class, policy, version, place }: PartsParams): ActorParts {
  checkAlgorithmName(name, place, 'an actor');
  checkClass(name, Class);
  const chain = chainOf(Class);
  const source = version ?? chain.map((one) => Function.prototype.toString.call(one)).join('\n');
  const define = (part: string | undefined, fn: TaskFunction): AlgorithmDefinition => {
    const own = part === undefined ? name : `${name}.${part}`;
    checkAlgorithmName(own, place, "an actor's call");
    const definition = Object.freeze({
      name: own,
      fn,
      policy,
      fingerprint: fingerprintFor(own, fn, `${own}\n${source}`),
      checkpoint: false,
      place,
    });
    registerAlgorithm(definition);
    return definition;
  };
  const { methods, accessors } = membersOf(chain);
  for (const [method, why] of TAKEN) {
    if (!methods.has(method)) continue;
    throw new UsageError(
      `the class of actor ${JSON.stringify(name)} has a method ${method}; ${why}. Rename it`,
    );
  }
  const make = define(undefined, (...args: unknown[]) => actorHost().make(name, Class, args));
  const parts = new Map<string, ActorMethod>();
  for (const [method, fn] of methods) {
    const definition = define(method, (...args: unknown[]) => actorHost().call(name, method, args));
    parts.set(method, { definition, fn, places: new PlaceSampler() });
  }
  const end = define('stop', () => actorHost().end(name));
  return {
    name,
    className: Class.name === '' ? 'its class' : Class.name,
    make,
    methods: parts,
    end,
    accessors,
  };
}

function checkClass(name: string, Class: unknown): asserts Class is ActorClass {
  if (typeof Class === 'function' && Class.prototype instanceof Object && isClass(Class)) return;
  const got = typeof Class === 'function' ? 'a function' : Class === null ? 'null' : typeof Class;
  throw new UsageError(
    `actor ${JSON.stringify(name)} needs a class, such as class Counter { … }; got ${got}`,
  );
}

/** Functions of other kinds have a writable prototype, or none. */
function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

/** The class, and those that it extends. */
function chainOf(Class: ActorClass): readonly ActorClass[] {
  const chain: ActorClass[] = [];
  for (
    let one: ActorClass | null = Class;
    typeof one === 'function' && one !== Function.prototype;
    one = Object.getPrototypeOf(one)
  ) {
    chain.push(one);
  }
  return chain;
}

function membersOf(chain: readonly ActorClass[]): {
  readonly methods: ReadonlyMap<string, TaskFunction>;
  readonly accessors: ReadonlySet<string>;
} {
  const methods = new Map<string, TaskFunction>();
  const accessors = new Set<string>();
  for (const { prototype } of chain) {
    if (prototype === Object.prototype) break;
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (key === 'constructor' || methods.has(key) || accessors.has(key)) continue;
      if (typeof value === 'function') methods.set(key, value as TaskFunction);
      else accessors.add(key);
    }
  }
  return { methods, accessors };
}
