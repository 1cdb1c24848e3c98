/** A kernel on the standing servers of its argument: says how long its first result took, from `makeKernel` on. */
import { defineAlgorithm, endKernel, makeKernel, pmap, type ServerAddress } from 'ts-mw';

const increment = defineAlgorithm('bench.increment', (n: number) => n + 1, { version: '1' });

const addresses = (process.argv[2] ?? '').split(',').map((text): ServerAddress => {
  const [host = '', port] = text.split(':');
  return [host, Number(port)];
});
const began = performance.now();
const kernel = await makeKernel(addresses);
await pmap(increment, [1]);
const ms = performance.now() - began;
await endKernel(kernel);
process.stdout.write(`${ms}\n`);
