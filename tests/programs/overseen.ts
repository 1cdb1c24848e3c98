/** A program that asks for two slaves, and is done when both have been there. */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const hold = defineAlgorithm('hold', async () => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return process.pid;
});

defineMaster(async (master) => {
  master.allocateSlaves({ amount: 2 });
  const pids = new Set<number>();
  while (pids.size < 2) for (const pid of await Promise.all([hold.future(), hold.future()])) pids.add(pid);
  return 0;
});

await initialize();
