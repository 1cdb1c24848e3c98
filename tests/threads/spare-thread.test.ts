/** A thread that waits for its user: taken once, ended when nobody takes it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SpareThread } from '../../src/threads/spare-thread.js';

const spares = suite('SpareThread');

spares('it is taken once', async () => {
  const spare = new SpareThread('sentinel');
  const worker = await spare.take();
  assert.ok(worker);
  assert.is(spare.take(), undefined);
  await spare.end();
  assert.ok(worker.threadId > 0, 'who took it has it still');
  await worker.terminate();
});

spares('it ends when nobody takes it, also when it is told twice', async () => {
  const spare = new SpareThread('sentinel');
  await Promise.all([spare.end(), spare.end()]);
  assert.is(spare.take(), undefined);
});

spares.run();
