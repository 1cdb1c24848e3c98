/**
 * The work that a program does by hand to map and fold with a pool of threads: it cuts slices, each for one call. The
 * arguments are the pool's package, and how many threads.
 */

import { add, numbers } from '../programs/collection-tasks.js';
import {
  type CollectionMeasurement,
  type Measured,
  serveMeasurements,
  timeRounds,
} from '../programs/commands.js';
import { timeCall, timeValues } from '../programs/timed-calls.js';
import { openPool } from './open-pool.js';

/** As many as a pmap makes at least. */
const SLICES_PER_THREAD = 4;
/** Of an iteration; a pmapIterable has the same window, and as many parts of it at least. */
const WINDOW = 10_000;
const SLICES_OF_WINDOW = 4;

const [, , name, typed] = process.argv;
const threads = Number(typed);
const pool = openPool(name, threads);
const endless = iterate();
await serveMeasurements(measure);
await pool.close();

function measure(measurement: CollectionMeasurement): Promise<Measured> {
  switch (measurement.kind) {
    case 'map': {
      const elements = numbers(0, measurement.elements);
      return timeCall(measurement, async () => (await overSlices('addOnes', elements)).flat());
    }
    case 'map-reduce': {
      const elements = numbers(0, measurement.elements);
      return timeCall(measurement, async () => (await overSlices('sumOfAddOnes', elements)).reduce(add));
    }
    case 'iterate':
      return timeValues(endless, measurement.elements);
    case 'compute': {
      const elements = new Array<number>(measurement.elements).fill(measurement.steps);
      return timeCall(measurement, async () => (await overSlices('computeAll', elements)).flat());
    }
    case 'one-by-one':
      return timeRounds(measurement.rounds, (round) => pool.call('noOp', round));
    case 'funcall':
    case 'share':
      return Promise.reject(new Error(`${measurement.kind} is of the framework alone`));
    default:
      return measurement satisfies never;
  }
}

function overSlices<M extends 'addOnes' | 'sumOfAddOnes' | 'computeAll'>(
  method: M,
  elements: readonly number[],
) {
  const size = Math.ceil(elements.length / (threads * SLICES_PER_THREAD));
  const calls = [];
  for (let start = 0; start < elements.length; start += size) {
    calls.push(pool.call(method, elements.slice(start, start + size)));
  }
  return Promise.all(calls);
}

async function* iterate(): AsyncGenerator<number> {
  const size = WINDOW / SLICES_OF_WINDOW;
  const underWay: Promise<number[]>[] = [];
  for (let next = 0; ; next += size) {
    underWay.push(pool.call('addOnes', numbers(next, next + size)));
    if (underWay.length === SLICES_OF_WINDOW) yield* (await underWay.shift()) ?? [];
  }
}
