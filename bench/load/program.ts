/** The program under load, as a user would write it: a master that counts its fates, and its slaves. */

import { defineMaster, defineSlave, initialize } from '../../src/index.js';
import { peakBytes } from '../measured-process.js';
import { FateTally } from './fate-tally.js';
import { work } from './work.js';
import type { LoadMessage, Workload } from './workload.js';

defineMaster(async (master) => {
  const workload = JSON.parse(master.argv[0] ?? '{}') as Workload;
  const { argumentBytes = 0, resultBytes = 0 } = workload;
  const tally = new FateTally({ argumentBytes, resultBytes });
  process.once('disconnect', orphaned);
  tell({ type: 'ready' });
  await new Promise((resolve) => process.once('message', resolve)); // that it may begin
  const began = performance.now();
  let submitted = 0;
  const submit = (number: number): void => {
    submitted++;
    // A text of its own: a million references to one would weigh nothing.
    const text = String(number).padEnd(argumentBytes, '.').slice(0, argumentBytes);
    work.funcall(number, text, resultBytes, workload.taskMs ?? 0);
  };
  if (workload.targetNumber === undefined) for (const number of numbers(workload)) submit(number);
  else master.submitAll(numbers(workload), submit, { targetNumber: workload.targetNumber });
  tell({ type: 'submitted', seconds: (performance.now() - began) / 1000 });
  for await (const fate of master.results()) {
    tally.take(fate);
    await digest(workload);
  }
  const seconds = (performance.now() - began) / 1000;
  const peak = peakBytes('self');
  const report = { tally: tally.close(submitted), seconds, peakBytes: peak, heapBytes: heapBytes() };
  tell({ type: 'report', report });
  process.off('disconnect', orphaned);
  return 0;
});

defineSlave(async (slave) => {
  tell({ type: 'joined' });
  const code = await slave.slaveLoopSimple();
  const { totalResultsCompleted: runs } = await slave.slaveLoopIterate({ timeout: 0 });
  tell({ type: 'left', report: { runs, peakBytes: peakBytes('self') } });
  return code;
});

/** The arguments of the tasks to submit; `enough` may end them at any time. */
function* numbers({ tasks = Number.POSITIVE_INFINITY }: Workload): Generator<number> {
  let isEnough = false;
  const stop = (): void => {
    isEnough = true;
  };
  if (tasks === Number.POSITIVE_INFINITY) process.once('message', stop);
  for (let number = 0; number < tasks && !isEnough; number++) yield number;
}

async function digest({ readerWaitsMs = 0, readerSpinsMs = 0 }: Workload): Promise<void> {
  if (readerWaitsMs > 0) await new Promise((resolve) => setTimeout(resolve, readerWaitsMs));
  const until = performance.now() + readerSpinsMs;
  while (performance.now() < until);
}

/** Nobody is left to whom the figures could be told. */
function orphaned(): void {
  process.exit(1);
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}

await initialize();
