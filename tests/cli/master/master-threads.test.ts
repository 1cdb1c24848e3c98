/** The threads that load beside a master: those that its configuration needs, and none of them is left. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { master } from '../../../src/cli/embed.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { MasterThreads } from '../../../src/cli/master/master-threads.js';
import { until } from '../../support/programs.js';

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

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('none is left of a master that cannot start', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const threads = (): number => readdirSync('/proc/self/task').length;
  // Node starts threads of its own with the first use of a file
  await (await master()).stop();
  const before = threads();
  for (const wrong of [{ dashboard: port }, { masterPort: port }, { servers: '127.0.0.1:1' }]) {
    await master(wrong).then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), /another program|what to run/),
    );
    await until(`the threads for ${Object.keys(wrong)} are gone`, () => threads() <= before);
  }
  taken.close();
});

test.run();
