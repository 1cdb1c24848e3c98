/** Tasks that do nothing, 64 outstanding; the library as it is published, so that servers can run it. */
import { defineAlgorithm, defineMaster, initialize, type MasterHandle } from 'ts-mw';
import { serveMeasurements } from './commands.js';

const noOp = defineAlgorithm('bench.window', (n: number) => n, { version: '1' });

async function keepOutstanding(master: MasterHandle, tasks: number, outstanding: number): Promise<number> {
  const began = performance.now();
  let submitted = 0;
  while (submitted < outstanding) noOp.funcall(submitted++);
  for await (const result of master.results(noOp)) {
    if (result.status !== 'ok') throw result.error;
    if (submitted < tasks) noOp.funcall(submitted++);
  }
  return (performance.now() - began) / 1000;
}

defineMaster(async (master) => {
  await serveMeasurements(async (measurement) => {
    if (measurement.kind !== 'window') throw new Error(`no ${measurement.kind} here`);
    const seconds = await keepOutstanding(master, measurement.tasks, measurement.outstanding);
    return { seconds, micros: [] };
  });
  return 0;
});

await initialize();
