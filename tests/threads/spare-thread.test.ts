/** A thread that waits for its user: taken once, ended when nobody takes it. */
import { spawnSync } from 'node:child_process';
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

for (const { what, act, said } of [
  { what: 'it keeps the process alive once it is taken', act: 'await spare.take();', said: 'alive' },
  { what: 'it does not before', act: '', said: '' },
]) {
  spares(what, () => {
    const module = JSON.stringify(import.meta.resolve('../../src/threads/spare-thread.js'));
    const program = `const { SpareThread } = await import(${module});
      const spare = new SpareThread('sentinel');
      ${act}
      setTimeout(() => {
        process.stdout.write('alive');
        process.exit();
      }, 300).unref();`;
    const args = ['--input-type=module', '--eval', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal([stdout, stderr], [said, '']);
  });
}

spares.run();
