/** The threads that load beside a master: those that its configuration needs, and none of them is left. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { MasterThreads } from '../../../src/cli/master/master-threads.js';

const test = suite('master-threads');

function threadsOf(...flags: readonly string[]): MasterThreads {
  const command = parseFlags(['--master', ...flags], {}, { env: {}, program: 'p.js' });
  if (command.kind !== 'run') throw new Error(command.kind);
  return new MasterThreads(command.configuration);
}

for (const { flags, needed } of [
  { flags: [], needed: ['broker', 'sentinel'] },
  { flags: ['--nats-url', 'nats://127.0.0.1:4222'], needed: ['sentinel'] },
  { flags: ['--servers', '127.0.0.1:11111'], needed: ['broker', 'sentinel', 'dial'] },
]) {
  test(`${flags.join(' ') || 'no flag'}: ${needed.join(', ')}`, async () => {
    const threads = threadsOf(...flags);
    try {
      assert.equal(
        (['broker', 'sentinel', 'dial'] as const).filter((name) => threads[name] !== undefined),
        needed,
      );
    } finally {
      await threads.end();
    }
  });
}

test('what is not taken is ended, and what is taken is not', async () => {
  const threads = threadsOf('--servers', '127.0.0.1:11111');
  const worker = await threads.dial?.take();
  await threads.end();
  assert.is(threads.broker?.take(), undefined);
  assert.is(threads.sentinel.take(), undefined);
  assert.ok((worker?.threadId ?? 0) > 0);
  await worker?.terminate();
});

test.run();
