/** A program that waits for many tasks at once: what the part `flow` measures. */

import { defineMaster, initialize, parallel } from '../../src/index.js';
import { type FlowMeasurement, type Measured, serveMeasurements } from './commands.js';
import { noOp } from './no-op-task.js';

const LIMIT = 1_000;

defineMaster(async () => {
  await serveMeasurements((measurement: FlowMeasurement) => measure(measurement));
  return 0;
});

/** The processor's time of this process for a task, which others on the machine disturb least. */
async function measure({ kind, tasks }: FlowMeasurement): Promise<Measured> {
  const components = Array.from({ length: tasks }, (_, n) => () => noOp.future(n));
  const [began, before] = [performance.now(), process.cpuUsage()];
  const values = await waitForAll(kind, components);
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - began) / 1000;
  for (const [n, value] of values.entries()) {
    if (value !== n) throw new Error(`the value of ${n} was ${value}`);
  }
  return { seconds, micros: [(user + system) / tasks] };
}

function waitForAll(
  kind: FlowMeasurement['kind'],
  components: readonly (() => Promise<number>)[],
): Promise<readonly number[]> {
  switch (kind) {
    case 'promise-all':
      return Promise.all(components.map((component) => component()));
    case 'parallel':
      return parallel(components);
    case 'parallel-limit':
      return parallel(components, { limit: LIMIT });
    default:
      return kind satisfies never;
  }
}

await initialize();
