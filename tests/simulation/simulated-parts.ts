/** Parts of collections on simulated slaves: what their elements cost, and how they end. */

import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import type { Columns, OnError, TaskReference } from '../../src/algorithms/operations.js';
import { definitionNamed, listAlgorithms } from '../../src/algorithms/registry.js';
import type { AlgorithmDefinition } from '../../src/algorithms/types.js';
import type { GivenTask, RunOutcome } from '../../src/slave/core/given-task.js';
import { mapPart } from '../../src/slave/operations/map-part.js';
import { testPart } from '../../src/slave/operations/test-part.js';
import '../../src/slave/operations/register.js';
import { decodeValue } from '../../src/wire/values/codec.js';
import type { Work } from './simulated-work.js';

/** An element that kills its slave. */
export const POISON = 1_000_013;
/** Milliseconds of elements, by their number. */
const COSTS_MS = [0, 0, 1, 0, 3, 20, 0, 2, 150, 0, 7];

export const square = defineAlgorithm('simulated.square', (n: number) => n * n);
export const notSeventh = defineAlgorithm('simulated.notSeventh', (n: number) => {
  if (n % 7 === 6) throw new RangeError(`${n} is a seventh`);
  return n;
});
export const isThird = defineAlgorithm('simulated.isThird', (n: number) => n % 3 === 2);
export const join = defineAlgorithm('simulated.join', (a: string, b: string) => a + b);
export const letterOf = defineAlgorithm('simulated.letterOf', (n: number) =>
  String.fromCharCode(97 + (n % 26)),
);

/** Those of this file, and the operations that compute for them. */
export const PART_ALGORITHMS: readonly AlgorithmDefinition[] = listAlgorithms().filter(({ name }) =>
  /^(simulated\.|ts-mw:)/.test(name),
);

type Sync = (...args: unknown[]) => unknown;

/** Reading the arguments of a task uses them up. */
const works = new WeakMap<GivenTask, Work>();

export function workOfPart(task: GivenTask): Work {
  let work = works.get(task);
  if (work === undefined) {
    work = readWork(task);
    works.set(task, work);
  }
  return work;
}

function readWork(task: GivenTask): Work {
  const args = decodeValue(task.json, task.meta, task.raws) as readonly unknown[];
  const [elements] = args.at(-1) as Columns;
  const numbers = Array.from(elements as ArrayLike<unknown>, (element) =>
    typeof element === 'number' ? element : String(element).length,
  );
  const ms = numbers.reduce((sum, n) => sum + (COSTS_MS[n % COSTS_MS.length] as number), 0);
  const first = numbers[0] ?? 0;
  return {
    mark: first,
    kind: numbers.includes(POISON) ? 'kill' : 'return',
    ms,
    waits: first % 3 === 0,
    heeds: false,
    size: 0,
    ballast: '',
    outcome: outcomeOf(task.definition?.name ?? '', args, ms),
  };
}

/** As its slave would compute it, except for the time. */
function outcomeOf(operation: string, args: readonly unknown[], ms: number): RunOutcome {
  try {
    const [, ...rest] = compute(operation, args) as readonly unknown[];
    return { ok: true, packet: [ms, ...rest] };
  } catch (thrown) {
    return { ok: false, thrown };
  }
}

function compute(operation: string, args: readonly unknown[]): unknown {
  const [task] = args as readonly [TaskReference];
  if (operation === 'ts-mw:map') return mapPart(task, args[1] as OnError, args[2] as Columns);
  if (operation === 'ts-mw:test') return testPart(task, args[1] as 'count', args[2] as Columns);
  if (operation !== 'ts-mw:reduce') throw new Error(`${operation} is not simulated`);
  const [, key, fromEnd, [elements]] = args as [TaskReference, TaskReference | null, boolean, Columns];
  const keyOf = key === null ? (element: unknown) => element : syncOf(key);
  const fold = syncOf(task);
  const keys = Array.from(elements as ArrayLike<unknown>, (element) => keyOf(element));
  return [
    0,
    fromEnd ? keys.reduceRight((folded, next) => fold(next, folded)) : keys.reduce((a, b) => fold(a, b)),
  ];
}

function syncOf(task: TaskReference): Sync {
  const [name] = task as readonly [string, string];
  return definitionNamed(name)?.fn as unknown as Sync;
}
