/** Ctrl-C and SIGTERM on masters and slaves: the news of it, what stays in the resource file, the exit codes. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BrokerOfTest, overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { type Programs, type RunningProgram, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('signals');

interface Life {
  readonly master: RunningProgram;
  readonly slave: RunningProgram;
  readonly statusInFile: () => string;
}

/** A master with a local slave and one that found it by its resource file. */
async function begin(
  life: string,
  { start, folder }: Programs,
  { args }: Pick<BrokerOfTest, 'args'> = { args: [] },
): Promise<Life> {
  const file = join(folder, `${life}.rsc`);
  const master = start('lives.js', [
    ...['--master', '--slaves', '1', '--resource-file', file, '--member-id', life],
    ...args,
    '--',
    life.split(' ')[0] ?? '',
  ]);
  await master.waitForLine(/MASTER READY/);
  const slave = start('lives.js', ['--slave', '--resource-file', file]);
  await master.waitForLine(/SLAVE-1 -> :idle$/);
  const statusInFile = (): string => {
    const status = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)['computation-status'];
    return String(status);
  };
  return { master, slave, statusInFile };
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  const over = signal === 'SIGINT' ? overEachBroker : overEachBrokerAtLength;
  over(
    test,
    `${signal} ends a master and its slaves, and leaves the computation in progress`,
    async (broker, programs) => {
      await Promise.all(
        (['idle', 'pausing', 'looping'] as const).map(async (life) => {
          const { master, slave, statusInFile } = await begin(`${life} ${signal}`, programs, broker);
          await master.waitForLine(/^(idle|pausing|looping) begins$/);
          master.kill(signal);
          assert.is(await master.code(), code, master.report());
          await master.waitForLine(new RegExp(`SIGNAL ${signal}$`));
          assert.is(await slave.code(), 0, slave.report());
          await slave.waitForLine(/FINI MASTER-SHUTDOWN/);
          await master.waitForLine(/LOCAL 0 EXITED pid \d+ code 0$/);
          await master.waitForLine(/FINI SHUTDOWN/);
          assert.is(statusInFile(), 'in-progress');
        }),
      );
    },
  );
}

test('a signal that comes while a process starts ends it at once, with its code and a line', async () => {
  const mute = createServer((socket) => void socket.on('error', () => {}));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const url = `nats://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  try {
    await withPrograms(async ({ start }) => {
      await Promise.all(
        (
          [
            ['--master', 'SIGINT', 130],
            ['--master', 'SIGTERM', 143],
            ['--slave', 'SIGTERM', 255],
          ] as const
        ).map(async ([role, signal, code]) => {
          const program = start('lives.js', [role, '--nats-url', url]);
          await program.waitForLine(/INIT (MASTER|SLAVE)/);
          program.kill(signal);
          assert.is(await program.code(), code, program.report());
          assert.is(program.count(new RegExp(`SIGNAL ${signal}$`)), 1, program.report());
        }),
      );
    });
  } finally {
    mute.close();
  }
});

test.long('a signal waits for a master algorithm that computes until it awaits', () =>
  withPrograms(async (programs) => {
    const { master, slave } = await begin('computing', programs);
    await master.waitForLine(/^computing begins$/);
    master.kill('SIGINT');
    assert.is(await master.code(), 130, master.report());
    assert.is(master.count(/^computing ends$/), 1);
    assert.is(await slave.code(), 0, slave.report());
  }),
);

test.long('the second Ctrl-C ends a master at once, and its local slaves', () =>
  withPrograms(async (programs) => {
    const { master, slave, statusInFile } = await begin('idle', programs);
    await master.waitForLine(/^idle begins$/);
    slave.kill('SIGSTOP');
    try {
      master.kill('SIGINT');
      await master.waitForLine(/TRY-SHUTDOWN/, 10_000, 2);
      master.kill('SIGINT');
      assert.is(await master.code(), 130, master.report());
      assert.is(master.count(/NO ANSWER/), 0, 'it has waited for the frozen slave');
      assert.is(statusInFile(), 'in-progress');
    } finally {
      slave.kill('SIGKILL');
    }
  }),
);

test.long('a master waits no longer than five seconds for a slave that does not answer', () =>
  withPrograms(async (programs) => {
    const { master, slave } = await begin('idle', programs);
    await master.waitForLine(/^idle begins$/);
    slave.kill('SIGSTOP');
    try {
      master.kill('SIGTERM');
      await master.waitForLine(/SLAVE-\d NO ANSWER to the shutdown within 5\.0 s$/);
      assert.is(await master.code(), 143, master.report());
    } finally {
      slave.kill('SIGKILL');
    }
  }),
);

overEachBrokerAtLength(
  test,
  'a slave that is interrupted says goodbye, and its task runs elsewhere',
  async (broker, programs) => {
    const { start, folder } = programs;
    const file = join(folder, 'm.rsc');
    const master = start('lives.js', ['--master', '--resource-file', file, ...broker.args, '--', 'pausing']);
    await master.waitForLine(/MASTER READY/);
    const first = start('lives.js', ['--slave', '--resource-file', file]);
    await first.waitForLine(/^pausing TASK-1$/);
    first.kill('SIGTERM');
    assert.is(await first.code(), 255, first.report());
    await master.waitForLine(/SLAVE-0 CEOF -> :disconnected it said goodbye$/);
    const second = start('lives.js', ['--slave', '--resource-file', file]);
    await second.waitForLine(/^pausing TASK-1$/);
    master.kill('SIGINT');
    assert.is(await master.code(), 130, master.report());
    assert.is(await second.code(), 0, second.report());
  },
);

test.run();
