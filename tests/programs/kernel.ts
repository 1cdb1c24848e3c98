/** A script with a kernel of its own, whose slaves run this file too; prints what came back. */
import { defineAlgorithm, endKernel, kernelWorkerCount, makeKernel, pmap } from 'ts-mw';

const pidAfter = defineAlgorithm('pid-after', (n: number) => [n + 1, process.pid]);

const kernel = await makeKernel({ slaves: 2 });
const answers = await pmap(pidAfter, [1, 2, 3], { parts: 3 });
console.log(
  JSON.stringify({
    workers: kernelWorkerCount(),
    values: answers.map(([value]) => value),
    isElsewhere: answers.every(([, pid]) => pid !== process.pid),
  }),
);
await endKernel(kernel, { wait: true });
