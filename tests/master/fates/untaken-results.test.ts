/** How much lies in a master whose program takes nothing, while its slaves are quick and their results large. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryCluster } from '../../../bench/memory-cluster.js';

const test = suite('master/untaken results');

const TASKS = 4_000;
const RESULT_BYTES = 64 * 1024;
/** The share of one algorithm in the fate box, and for each slave a window of groups that were on their way. */
const MOST_BYTES = 160 * 1024 * 1024;

test('what was given out before is reckoned with: the results of quick slaves do not pile up', () => {
  const packet = new Uint8Array(RESULT_BYTES);
  const cluster = new MemoryCluster({ slaves: 2, group: 'auto', taskMicros: 50, tasksPerTick: 50, packet });
  // While they are read, windows and groups grow to what suits so short tasks.
  cluster.submit(TASKS);
  for (let step = 0; step < 20; step++) cluster.step();
  cluster.reads = false;
  for (let step = 0; step < 120; step++) cluster.step();
  const bytes = cluster.master.fates.numResults * RESULT_BYTES;
  assert.ok(bytes > MOST_BYTES / 4, `results came: ${bytes} bytes`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes of results lie untaken`);
  cluster.reads = true;
  for (let step = 0; step < 400 && cluster.completed < TASKS; step++) cluster.step();
  assert.is(cluster.completed, TASKS, 'and all of them come when they are taken');
});

test.run();
