/** A master and tasks that print, on both streams and in both ways; wrong sums fail it, lost prints do not. */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const TASKS = 60;

const say = defineAlgorithm('say', (n: number) => {
  console.log('task', n);
  process.stdout.write(`written ${n}\n`);
  console.error('complaint', n);
  return n;
});

defineMaster(async () => {
  let sum = 0;
  for (let n = 0; n < TASKS; n++) {
    const packet = await say.future(n);
    sum += packet;
    console.log('got', packet);
    console.error('seen', packet);
  }
  return sum === (TASKS * (TASKS - 1)) / 2 ? 0 : 1;
});

await initialize();
