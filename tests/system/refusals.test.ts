/** Slaves and masters that are refused: other member ids, code, runs, tokens; both trails say why. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEvent, type EmbeddedMasterOptions, JoinError, master, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { joining } from '../support/clusters.js';
import { overEachBroker, overEachBrokerAtLength, overNatsServer } from '../support/each-broker.js';
import { type RunningProgram, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('refusals');

function listening(): { readonly events: AuditEvent[]; readonly options: EmbeddedMasterOptions } {
  const events: AuditEvent[] = [];
  return { events, options: { onAudit: (event) => events.push(event) } };
}

async function expectRefused(slave: RunningProgram, reason: RegExp): Promise<void> {
  assert.is(await slave.code(), 255, slave.report());
  await slave.waitForLine(reason);
  await slave.waitForLine(/FINI MASTER-DISCONNECT "/);
  assert.is(slave.count(/^ +at /), 0, 'a stack was printed');
}

test('a slave of another member id is refused by an embedded broker', () =>
  withPrograms(async ({ start }) => {
    const { events, options } = listening();
    await using mw = await master({ ...options, memberId: 'mine' });
    const other = start('worker.js', [
      '--slave',
      '--master-port',
      String(mw.masterPort),
      '--member-id',
      'other',
    ]);
    await expectRefused(
      other,
      /MASTER -> REFUSED its member id is "other", the master's is "mine"; give both the same --member-id$/,
    );
    const refused = events.find((event) => event.type === 'member-refused');
    assert.equal([refused?.expected, refused?.got, refused?.pid], ['mine', 'other', other.pid]);
  }));

overNatsServer(
  test,
  'a slave of another member id finds no master on a shared broker',
  async ({ flags, args, url }, { start }) => {
    const { events, options } = listening();
    await using _mw = await master({ ...flags, ...options, memberId: 'mine' });
    const other = start('worker.js', ['--slave', ...args, '--member-id', 'other', '--connect-timeout', '4']);
    const cause = 'the broker is there, but no master of member "other" answers';
    await expectRefused(
      other,
      new RegExp(`MASTER No master of member "other" at ${url} within 4\\.0 s: .*${cause}`),
    );
    assert.is(other.count(/BROKER <- CONNECTED TO/), 1, other.report());
    assert.is(other.count(/MASTER -> NO ANSWER at \S+: the broker is there/), 1, other.report());
    assert.is(other.count(/MASTER <- CONNECTED TO/), 0, other.report());
    assert.is(events.filter(({ type }) => type === 'hello-received').length, 0);
  },
);

overEachBrokerAtLength(
  test,
  'other code is refused, unless version skew is allowed',
  async ({ args }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const strict = start('twin-one.js', ['--master', '--resource-file', file, ...args]);
    await strict.waitForLine(/MASTER READY/);
    const refused = start('twin-two.js', ['--slave', '--resource-file', file]);
    const reason =
      'its algorithm "greet" has other code; run the same program on both, give the algorithm a version, or allow it with --allow-version-skew';
    await expectRefused(refused, new RegExp(`MASTER -> REFUSED ${reason}$`));
    await strict.waitForLine(new RegExp(`NEW-CLIENT <- REFUSED \\S+:${refused.pid} ${reason}$`));
    const same = start('twin-one.js', ['--slave', '--resource-file', file]);
    assert.is(await strict.code(), 0, strict.report());
    assert.equal(strict.out, ['Hello twin']);
    assert.is(await same.code(), 0);

    const lenient = start('twin-one.js', [
      '--master',
      '--resource-file',
      file,
      '--allow-version-skew',
      ...args,
    ]);
    await lenient.waitForLine(/MASTER READY/);
    const accepted = start('twin-two.js', ['--slave', '--resource-file', file]);
    assert.is(await lenient.code(), 0, lenient.report());
    assert.equal(lenient.out, ['Good morning twin']);
    await lenient.waitForLine(/SLAVE-0 WARNING accepted with other code: greet$/);
    assert.is(await accepted.code(), 0, accepted.report());
  },
);

overEachBroker(test, 'a slave without one of the algorithms is refused', async (broker, { start }) => {
  const { events, options } = listening();
  await using mw = await master({ ...broker.flags, ...options });
  const poor = start('no-master.js', joining(mw, broker));
  await expectRefused(poor, /REFUSED it has no algorithm "\w+"; run the same program on both$/);
  assert.is(events.filter(({ type }) => type === 'hello-refused').length, 1);
});

overEachBrokerAtLength(
  test,
  'a slave with the resource file of an earlier run is refused',
  async ({ flags }, { start, folder }) => {
    const file = join(folder, 'm.rsc');
    const stale = join(folder, 'stale.rsc');
    const first = await master({
      ...flags,
      resourceFile: file,
      natsToken: flags.natsUrl ? undefined : 'secret',
    });
    copyFileSync(file, stale);
    const port = first.masterPort;
    await first.stop();
    const { events, options } = listening();
    const again = flags.natsUrl ? {} : { natsToken: 'secret', masterPort: port };
    await using mw = await master({ ...flags, ...options, ...again, resourceFile: file });
    const late = start('worker.js', ['--slave', '--resource-file', stale]);
    await expectRefused(
      late,
      /REFUSED it belongs to run [0-9a-f]+, the master's is [0-9a-f]+; start it again, with the new resource file$/,
    );
    assert.is(events.filter(({ type }) => type === 'hello-refused').length, 1);
    await using _good = await slave(file);
    assert.is(await mw.run(() => square.future(5)), 25);
  },
);

test.long('a wrong token, or none, is refused by an embedded broker', () =>
  withPrograms(async ({ start }) => {
    const { events, options } = listening();
    await using mw = await master({ ...options, natsToken: 'right' });
    const args = ['--slave', '--master-port', String(mw.masterPort)];
    const briefly = [...args, '--connect-timeout', '3'];
    const wrong = start('worker.js', briefly, { env: { TS_MW_TOKEN: 'wrong' } });
    const none = start('worker.js', briefly);
    for (const [refused, cause] of [
      [wrong, 'refuses our credentials, the token of TS_MW_TOKEN'],
      [none, 'asks for credentials, and none were given'],
    ] as const) {
      const said = `the broker at \\S+ ${cause}`;
      await expectRefused(
        refused,
        new RegExp(`MASTER <- CONNECT REFUSED nats://127\\.0\\.0\\.1:\\d+ ${said}`),
      );
      const last = `No master of member "default-member-id" at \\S+ within 3\\.0 s: the last attempt failed: ${said}`;
      await refused.waitForLine(new RegExp(last));
    }
    const right = start('worker.js', args, { env: { TS_MW_TOKEN: 'right' } });
    await right.waitForLine(/MASTER -> ID SLAVE-0/);
    await mw.stop();
    assert.is(await right.code(), 0, right.report());
    let failures = 0;
    for (const event of events) {
      if (event.type === 'auth-failed') failures++;
      if (event.type === 'auth-failures') failures += event.count;
    }
    assert.ok(failures >= 2, `${failures} failures were told`);
  }),
);

overNatsServer(
  test,
  'a second master of a member id gives way, and the first goes on',
  async ({ flags, args }, { start }) => {
    await using mw = await master({ ...flags, memberId: 'twice' });
    await using _slave = await slave(mw);
    const second = start('lives.js', [
      '--master',
      '--member-id',
      'twice',
      '--slaves',
      '1',
      ...args,
      '--',
      'squares',
    ]);
    assert.is(await second.code(), 255, second.report());
    await second.waitForLine(
      /\[A\] MASTER Another master of member "twice" is alive: run [0-9a-f]+ answered$/,
    );
    await second.waitForLine(/^another master of member "twice" is alive .*--member-id$/);
    assert.is(second.count(/LOCAL|TRY-SHUTDOWN/), 0);
    assert.is(await mw.run(() => square.future(6)), 36);
    let refusal: unknown;
    await master({ ...flags, memberId: 'twice' }).catch((error: unknown) => {
      refusal = error;
    });
    assert.instance(refusal, JoinError);
  },
);

test('a port that is taken, and a broker that is not there, end a master with 255', () =>
  withPrograms(async ({ start }) => {
    await using mw = await master();
    const port = String(mw.masterPort);
    const taken = start('lives.js', ['--master', '--master-port', port, '--', 'squares']);
    const absent = start('lives.js', ['--master', '--nats-url', 'nats://127.0.0.1:1', '--', 'squares']);
    for (const [program, said] of [
      [taken, /--master-port|in use/],
      [absent, /nothing listens at nats:\/\/127\.0\.0\.1:1: connection refused/],
    ] as const) {
      assert.is(await program.code(), 255, program.report());
      assert.ok(program.count(said) > 0, program.report());
      assert.is(program.count(/^ +at /), 0, program.report());
    }
  }));

test.run();
