/** A program whose tasks do nothing, as a user would write it: what the benchmark measures. */

import { broadcastTask, defineMaster, initialize, type MasterHandle } from '../../src/index.js';
import { type Measured, type Measurement, serveMeasurements, timeRounds } from './commands.js';
import { noOp, timeFuncalls } from './no-op-task.js';

defineMaster(async (master) => {
  await serveMeasurements((measurement) => measure(master, measurement));
  return 0;
});

function measure(master: MasterHandle, measurement: Measurement): Promise<Measured> {
  switch (measurement.kind) {
    case 'join':
      return awaitSlaves(measurement.slaves);
    case 'bulk':
      return keepOutstanding(master, measurement.tasks, measurement.tasks);
    case 'window':
      return keepOutstanding(master, measurement.tasks, measurement.outstanding);
    case 'submit-all':
      return drawAll(master, measurement.tasks);
    case 'sequential':
      return timeFuncalls(master, measurement.rounds);
    case 'chain': {
      let last = 0;
      return timeRounds(measurement.rounds, async () => {
        last = (await noOp.future(last)) + 1;
      });
    }
    case 'request':
    case 'tcp':
      return Promise.reject(new Error(`${measurement.kind} is not of the framework`));
    default:
      return measurement satisfies never;
  }
}

async function awaitSlaves(slaves: number): Promise<Measured> {
  const began = performance.now();
  const broadcast = broadcastTask(noOp, 0);
  let joined = 0;
  for await (const entry of broadcast) {
    if (entry.status !== 'ok') throw new Error(`${entry.sid} has not run the broadcast: ${entry.status}`);
    if (++joined === slaves) break;
  }
  broadcast.stop();
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}

async function drawAll(master: MasterHandle, tasks: number): Promise<Measured> {
  const began = performance.now();
  let taken = 0;
  master.submitAll(numbers(tasks), (n) => noOp.funcall(n));
  for await (const result of master.results(noOp)) {
    if (result.status !== 'ok') throw result.error;
    taken++;
  }
  if (taken !== tasks) throw new Error(`${tasks} tasks were drawn and ${taken} results came`);
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}

function* numbers(end: number): Generator<number> {
  for (let n = 0; n < end; n++) yield n;
}

/** No two tasks of a run are equal, or a checkpoint would have to count them. */
let numbered = 0;

async function keepOutstanding(master: MasterHandle, tasks: number, outstanding: number): Promise<Measured> {
  const began = performance.now();
  let submitted = 0;
  let taken = 0;
  const submit = (): void => {
    submitted++;
    noOp.funcall(numbered++);
  };
  while (submitted < Math.min(tasks, outstanding)) submit();
  for await (const result of master.results(noOp)) {
    if (result.status !== 'ok') throw result.error;
    taken++;
    if (submitted < tasks) submit();
  }
  if (taken !== tasks) throw new Error(`${tasks} tasks were submitted and ${taken} results came`);
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}

await initialize();
