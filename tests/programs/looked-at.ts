/**
 * A master to look at: tasks of two algorithms that take a while, some of which fail, one that never ends, and a thread
 * that computes a little. It goes on until a signal, or until its tasks are done if it has the argument `short`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize, makeQueue, spawnThread } from 'ts-mw';

const crunchFor = (ms: number): number => {
  const until = performance.now() + ms;
  let sum = 0;
  while (performance.now() < until) sum += sumOfRoots(2_000);
  return sum;
};
const sumOfRoots = (most: number): number => {
  let sum = 0;
  for (let n = 1; n < most; n++) sum += Math.sqrt(n);
  return sum;
};
/** Wider than a narrow page, and without a place to break it. */
const work = defineAlgorithm(`work${'_and_work'.repeat(15)}`, async (n: number) => {
  await sleep(40 + (n % 7) * 20);
  return n;
});
const parse = defineAlgorithm('parse', async (text: string) => {
  await sleep(60);
  if (text.length % 9 === 0)
    throw new RangeError(`cannot parse <img src=x onerror=alert(1)> number ${text.length}`);
  return text.length;
});
const alone = makeQueue('alone', { limit: 1 });
const long = defineAlgorithm('long', () => sleep(600_000), { policy: { queue: alone } });

defineMaster(async (master) => {
  const isShort = master.argv.includes('short');
  if (!isShort) {
    long.withTaskPolicy({ tag: '<b>long</b>' })();
    // It waits, as one of them may run
    long.withTaskPolicy({ tag: 'second' })();
  }
  const { signal } = master;
  const watch = async (): Promise<void> => {
    while (!isShort && !signal.aborted) {
      crunchFor(10);
      await sleep(100);
    }
  };
  spawnThread(watch, { name: 'watcher' });
  const items = Array.from({ length: isShort ? 60 : 3_000 }, (_, n) => n);
  master.submitAll(items, (n) => (n % 3 === 0 ? parse.funcall('x'.repeat(n % 50)) : work.funcall(n)), {
    targetNumber: 200,
  });
  for await (const _ of master.results(work, parse));
  if (!isShort) await sleep(600_000, undefined, { signal }).catch(() => undefined);
  return 0;
});

await initialize();
