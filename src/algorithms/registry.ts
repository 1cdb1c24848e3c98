/** The definitions of this process, by name; a slave finds the algorithm of a task here. */

import { UsageError } from '../errors.js';
import { nameFault } from '../structures/name-fault.js';
import { OPERATION_PREFIX, type OperationName } from './operations.js';
import type { AlgorithmDefinition } from './types.js';

const MAX_NAME_LENGTH = 200;
const definitions = new Map<string, AlgorithmDefinition>();
const algorithms = new Map<string, object>();
const definitionsByAlgorithm = new WeakMap<object, AlgorithmDefinition>();

/** Throws UsageError unless `name` can be the name of an algorithm that is defined at `place`; `what` is what the program calls it. */
export function checkAlgorithmName(
  name: unknown,
  place: string,
  what = 'an algorithm',
): asserts name is string {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError(
      `the name of ${what} is a string of 1 to ${MAX_NAME_LENGTH} characters; at ${place} it is ` +
        (name === '' ? 'empty' : String(name === null ? null : typeof name)),
    );
  }
  if (name.startsWith(OPERATION_PREFIX)) {
    throw new UsageError(
      `algorithm ${JSON.stringify(name)} at ${place} has a name that begins with ${OPERATION_PREFIX}, as those of ` +
        'the library do; give it another one',
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new UsageError(
      `the name of ${what} has at most ${MAX_NAME_LENGTH} characters; at ${place} it has ${name.length}`,
    );
  }
  const fault = nameFault(name);
  if (fault !== undefined) {
    throw new UsageError(`the name ${JSON.stringify(name)} of ${what} at ${place} ${fault}`);
  }
}

/** Enters a definition, with its callable for the program if there is one; its name must be free. */
export function registerAlgorithm(definition: AlgorithmDefinition, algorithm?: object): void {
  const { name, place } = definition;
  const first = definitions.get(name);
  if (first !== undefined) {
    throw new UsageError(
      `algorithm ${JSON.stringify(name)} is defined twice: at ${first.place} and at ${place}; ` +
        'give one of them another name',
    );
  }
  definitions.set(name, definition);
  if (algorithm === undefined) return;
  algorithms.set(name, algorithm);
  definitionsByAlgorithm.set(algorithm, definition);
}

/** Enters an operation of the library, which the program does not call. */
export function registerOperation(definition: AlgorithmDefinition): void {
  definitions.set(definition.name, definition);
}

/** An operation of the library. */
export function operationNamed(name: OperationName): AlgorithmDefinition {
  const definition = definitions.get(name);
  if (definition === undefined) throw new Error(`the operation ${name} is not registered`);
  return definition;
}

/** The definition of an algorithm of the program, which the library may call; undefined if there is none. */
export function definitionNamed(name: string): AlgorithmDefinition | undefined {
  return definitions.get(name);
}

/** All definitions, sorted by name. */
export function listAlgorithms(): readonly AlgorithmDefinition[] {
  return [...definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The return values of `defineAlgorithm`, by name. */
export function namedAlgorithms(): ReadonlyMap<string, object> {
  return algorithms;
}

/** The definition that belongs to a return value of `defineAlgorithm`; undefined for any other value. */
export function definitionOf(algorithm: unknown): AlgorithmDefinition | undefined {
  return typeof algorithm === 'function' ? definitionsByAlgorithm.get(algorithm) : undefined;
}
