/** A program that calls what the library has for collections, as a user would: what the part `collections` measures. */

import assert from 'node:assert/strict';
import {
  defineAlgorithm,
  defineMaster,
  initialize,
  type MasterHandle,
  makeChannel,
  pmap,
  pmapIterable,
  pmapReduce,
  share,
  taskContext,
} from '../../src/index.js';
import { add, addOne, compute, numbers } from './collection-tasks.js';
import { type CollectionMeasurement, type Measured, serveMeasurements, timeRounds } from './commands.js';
import { noOp, timeFuncalls } from './no-op-task.js';
import { timeCall, timeValues } from './timed-calls.js';

const addOneTask = defineAlgorithm('add-one', addOne);
const addTask = defineAlgorithm('add', add);
/** Holds its slave for a while, so that the others do not leave their tasks to the one that was the first. */
const lastOf = defineAlgorithm('last-of', async (data: Float64Array, ms: number) => {
  const last = data.at(-1);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return [last, taskContext().sid] as const;
});
const computeTask = defineAlgorithm('compute', compute);

defineMaster(async (master) => {
  const endless = pmapIterable(addOneTask, naturals());
  await serveMeasurements((measurement: CollectionMeasurement) => measure(master, endless, measurement));
  await endless.return?.();
  return 0;
});

function measure(
  master: MasterHandle,
  endless: AsyncIterator<number>,
  measurement: CollectionMeasurement,
): Promise<Measured> {
  switch (measurement.kind) {
    case 'map': {
      const elements = numbers(0, measurement.elements);
      return timeCall(measurement, () => pmap(addOneTask, elements));
    }
    case 'map-reduce': {
      const elements = numbers(0, measurement.elements);
      return timeCall(measurement, () => pmapReduce(addOneTask, addTask, elements));
    }
    case 'iterate':
      return timeValues(endless, measurement.elements);
    case 'compute': {
      const elements = new Array<number>(measurement.elements).fill(measurement.steps);
      return timeCall(measurement, () => pmap(computeTask, elements));
    }
    case 'one-by-one': {
      const channel = makeChannel<number>();
      return timeRounds(measurement.rounds, async (round) => {
        channel.submitTask(noOp, round);
        await channel.receiveResult();
      });
    }
    case 'funcall':
      return timeFuncalls(master, measurement.rounds);
    case 'share':
      return timeShare(measurement.bytes, measurement.slaves);
    default:
      return measurement satisfies never;
  }
}

const HELD_MS = 1_000;
let shares = 0;

/** Encoding and the key are not part of it: those are paid once, however many slaves there are. */
async function timeShare(bytes: number, slaves: number): Promise<Measured> {
  const data = new Float64Array(bytes / 8).fill(++shares);
  using shared = share(data);
  const began = performance.now();
  const last = await Promise.all(Array.from({ length: slaves }, () => lastOf.future(shared, HELD_MS)));
  const seconds = (performance.now() - began - HELD_MS) / 1000;
  assert.deepEqual(
    last.map(([value]) => value),
    last.map(() => shares),
  );
  assert.equal(new Set(last.map(([, sid]) => sid)).size, slaves, 'each slave has had one task');
  return { seconds, micros: [] };
}

function* naturals(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

await initialize();
