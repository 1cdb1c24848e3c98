/** A program that calls what the library has for collections, as a user would: what the part `collections` measures. */

import {
  defineAlgorithm,
  defineMaster,
  initialize,
  type MasterHandle,
  makeChannel,
  pmap,
  pmapIterable,
  pmapReduce,
} from '../../src/index.js';
import { add, addOne, compute, numbers } from './collection-tasks.js';
import { type CollectionMeasurement, type Measured, serveMeasurements, timeRounds } from './commands.js';
import { noOp, timeFuncalls } from './no-op-task.js';
import { timeCall, timeValues } from './timed-calls.js';

const addOneTask = defineAlgorithm('add-one', addOne);
const addTask = defineAlgorithm('add', add);
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
    default:
      return measurement satisfies never;
  }
}

function* naturals(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

await initialize();
