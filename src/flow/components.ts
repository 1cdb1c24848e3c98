/** The components that `parallel`, `sequential` and `firstWins` take: functions, in an array or by name. */

import { definitionOf } from '../algorithms/registry.js';
import { UsageError } from '../errors.js';
import { componentName } from './scope/scope-path.js';

/** A part of a flow. It is called without arguments, when its turn has come. */
export type Component = () => unknown;

/** Functions to run: an array, whose results come as an array, or an object, whose results come by name. */
export type Components = readonly Component[] | Readonly<Record<string, Component>>;

/** The values of components: a tuple for an array, an object with the same keys for an object. */
export type ComponentValues<C extends Components> = {
  -readonly [K in keyof C]: C[K] extends () => infer R ? Awaited<R> : never;
};

/** Components in their order, with their names in paths. */
export interface NamedComponents {
  readonly functions: readonly Component[];
  readonly nameOf: (index: number) => string;
  /** Values in the order of the functions, in the shape in which these were given. */
  readonly shape: (values: unknown[]) => unknown;
}

/** Throws UsageError that names the component; `kind` is the call, such as `parallel`. */
export function componentsOf(kind: string, given: unknown): NamedComponents {
  if (typeof given !== 'object' || given === null || isPromise(given) || isOtherList(given)) {
    throw new UsageError(
      `${kind} takes an array or an object of functions, such as ${kind}([() => square.future(3)]); got ${kindOf(given)}`,
    );
  }
  const keys = Array.isArray(given) ? undefined : Object.keys(given);
  const functions = (Array.isArray(given) ? Array.from(given) : Object.values(given)) as Component[];
  const nameOf = (index: number): string => componentName(kind, keys?.[index] ?? index);
  for (const [index, component] of functions.entries()) checkComponent(component, () => nameOf(index));
  const shape = (values: unknown[]): unknown =>
    keys === undefined ? values : Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  return { functions, nameOf, shape };
}

/** Throws UsageError for an algorithm, and for anything that is not a function. */
export function checkComponent(component: unknown, name: () => string): void {
  if (typeof component !== 'function') {
    const cure = isPromise(component)
      ? 'which has begun already; write () => and the call'
      : 'write () => and the call';
    throw new UsageError(`${name()} is a function that is called later; got ${kindOf(component)}, ${cure}`);
  }
  const definition = definitionOf(component);
  if (definition === undefined) return;
  throw new UsageError(
    `${name()} is the algorithm ${JSON.stringify(definition.name)}, which would run here and not on a slave; ` +
      `write () => ${definition.name}.future()`,
  );
}

/** A Map, a Set or a generator has no property that would be run. */
function isOtherList(value: object): boolean {
  return Symbol.iterator in value && !Array.isArray(value);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isPromise(value)) return 'a promise';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && isOtherList(value)) {
    return `a ${Object.prototype.toString.call(value).slice(8, -1)}, which is neither`;
  }
  return `a value of type ${typeof value}`;
}
