/**
 * Processes that do not come back to their event loops: a task, and the master once the file PATH.block exists, block
 * their main threads until the file PATH exists. A thread of control waits for the task.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize, spawnThread } from 'ts-mw';

function blockMain(path: string): boolean {
  const word = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(path)) Atomics.wait(word, 0, 0, 20);
  return true;
}

const compute = defineAlgorithm('compute', function computeInSlave(path: string) {
  return blockMain(path);
});

defineMaster(async (master) => {
  const [path = ''] = master.argv;
  const thread = spawnThread(() => compute.future(path), { name: 'waiter' });
  while (!existsSync(`${path}.block`)) await sleep(20);
  (function computeInMaster() {
    blockMain(path);
  })();
  await thread;
  return 0;
});

await initialize();
