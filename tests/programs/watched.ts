/**
 * A master whose tasks take a while, and print: it prints too, whole lines and parts of lines, between others. When it
 * has all fates it waits for a signal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const TASKS = 24;

const work = defineAlgorithm('work', async (n: number) => {
  await sleep(100);
  console.log(`task ${n} is done on a slave`);
  return n;
});
const fail = defineAlgorithm('fail', () => {
  throw new Error('no');
});

defineMaster(async (master) => {
  fail.funcall();
  for (let n = 0; n < TASKS; n++) work.funcall(n);
  let seen = 0;
  for await (const { status } of master.results()) {
    process.stdout.write(`fate ${++seen} `);
    await sleep(5);
    console.log(`is ${status}`);
  }
  console.log('all taken');
  await sleep(60_000, undefined, { signal: master.signal }).catch(() => undefined);
});

await initialize();
