/**
 * CL-MW's with-task-policy: a policy is bound once, and the submitter that comes out is mapped over lists.
 *
 *     node dist/examples/with-task-policy.js --master --slaves 2
 */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const cube = defineAlgorithm('cube', (n: number) => n ** 3);

defineMaster(async (master) => {
  const numbers = Array.from({ length: 100 }, (_, i) => i + 1);
  numbers.map(cube.withTaskPolicy({ tag: 'retried' }));
  numbers.map(cube.withTaskPolicy({ tag: 'only once', retry: false }));

  const sums = new Map<unknown, number>();
  let lost = 0;
  for await (const fate of master.results(cube)) {
    const [n] = fate.args;
    if (fate.status === 'ok') sums.set(fate.tag, (sums.get(fate.tag) ?? 0) + fate.packet);
    else {
      lost++;
      // With `retry: false` a task whose slave is lost comes back here, and nobody runs it again.
      console.error(`the cube of ${n} (${fate.tag}) is missing:`, fate.error.message);
    }
  }
  for (const [tag, sum] of [...sums].sort()) console.log(`${tag}: the cubes add up to ${sum}`);
  return lost === 0 ? 0 : 1;
});

await initialize();
