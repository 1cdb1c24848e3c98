/** The first example as the README shows it: local slaves, a resource file, flags alone, both brokers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { overEachBroker, overEachBrokerAtLength, overNatsServer } from '../support/each-broker.js';
import { type RunningProgram, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const HELLO = 'examples/hello-world.js';
const GREETINGS = Array.from({ length: 10 }, (_, i) => `Got result from slave: Hello World: Task ${i}`);

const test = suiteInTurns('hello world');

function expectGreetings({ out }: RunningProgram): void {
  assert.equal([...out].sort(), GREETINGS);
}

overEachBroker(test, 'it greets ten times with two local slaves', async ({ args }, { start }) => {
  const master = start(HELLO, ['--master', '--slaves', '2', ...args]);
  assert.is(await master.code(), 0, master.report());
  expectGreetings(master);
  // One that was still starting when all was done may have been terminated.
  for (const [, pid] of master.matches(/SLAVE-\d \S+:(\d+) -> .* :connecting/)) {
    assert.is(master.count(new RegExp(`EXITED pid ${pid} code 0$`)), 1, master.report());
  }
});

overEachBroker(
  test,
  'it takes slaves that were started before and after it',
  async ({ args }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const before = start(HELLO, ['--slave', '--resource-file', file]);
    await before.waitForLine(/RESFILE WARNING/);
    const master = start(HELLO, ['--master', '--resource-file', file, ...args]);
    await until('the resource file is there', () => existsSync(file));
    const after = start(HELLO, ['--slave', '--resource-file', file]);
    assert.is(await master.code(), 0, master.report());
    expectGreetings(master);
    // The one that came too late to join finds the computation finished.
    for (const slave of [before, after]) {
      assert.is(await slave.code(), 0, slave.report());
      await slave.waitForLine(/FINI (MASTER-SHUTDOWN|COMPUTATION-FINISHED) "default-member-id"$/);
    }
    assert.ok(before.count(/FINI MASTER-SHUTDOWN/) + after.count(/FINI MASTER-SHUTDOWN/) > 0);
  },
);

test.long('it does without a resource file, by host and port', () =>
  withPrograms(async ({ start }) => {
    const master = start(HELLO, ['--master', '--member-id', 'by port']);
    const [, port = ''] = await master.waitForLine(/MASTER READY nats:\/\/127\.0\.0\.1:(\d+)$/);
    await master.waitForLine(/BROKER No token in use/);
    const slave = start(HELLO, [
      '--slave',
      '--master-host',
      'localhost',
      '--master-port',
      port,
      '--member-id',
      'by port',
    ]);
    assert.is(await master.code(), 0, master.report());
    expectGreetings(master);
    assert.is(await slave.code(), 0, slave.report());
  }),
);

overNatsServer(
  test.long,
  'it does without a resource file, by the URL of the broker',
  async ({ args }, { start }) => {
    const slave = start(HELLO, ['--slave', ...args]);
    await slave.waitForLine(/BROKER <- CONNECTED TO/);
    const master = start(HELLO, ['--master', ...args]);
    assert.is(await master.code(), 0, master.report());
    expectGreetings(master);
    assert.is(await slave.code(), 0, slave.report());
  },
);

const ODD_MEMBER_IDS = ['two words', 'a.b', '*', 'a.>', 'größe 日本 🎈', '-"\\\t'];

overEachBrokerAtLength(test, 'it takes any member id, and tells them apart', async ({ args }, { start }) => {
  await Promise.all(
    ODD_MEMBER_IDS.map(async (memberId) => {
      const master = start(HELLO, ['--master', '--slaves', '1', `--member-id=${memberId}`, ...args]);
      assert.is(await master.code(60_000), 0, master.report());
      expectGreetings(master);
      assert.is(master.count(/NEW-CLIENT -> /), 1, 'slaves of other masters came');
      const lines = master.err.filter((line) => line.endsWith(`FINI SHUTDOWN ${JSON.stringify(memberId)}`));
      assert.is(lines.length, 1, master.report());
    }),
  );
});

test.run();
