/** A program that says which slaves may join: both sides tell the reason, and others do not wait for it. */
import { join } from 'node:path';
import { type AuditEvent, JoinError, master, type SlaveIdentity, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { joining } from '../support/clusters.js';
import { overEachBroker } from '../support/each-broker.js';
import { until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('authorizeSlave');

/** A machine may be slow. */
const LIMIT_MS = 90_000;

overEachBroker(
  test,
  'a slave that the program refuses exits 255, while others join and one still waits',
  async (broker, { start }) => {
    const asked: SlaveIdentity[] = [];
    const events: AuditEvent[] = [];
    let decide: (answer: boolean) => void = () => {};
    const answers: (() => boolean | string | Promise<boolean>)[] = [
      () => 'no room for "it"',
      () =>
        new Promise<boolean>((resolve) => {
          decide = resolve;
        }),
      () => true,
    ];
    const mw = await master({
      ...broker.flags,
      onAudit: (event) => events.push(event),
      authorizeSlave: (identity) => {
        asked.push(identity);
        return answers[asked.length - 1]?.() ?? false;
      },
    });
    try {
      const refused = start('worker.js', joining(mw, broker));
      assert.is(await refused.code(LIMIT_MS), 255, refused.report());
      const reason = 'authorizeSlave refuses it: no room for "it"';
      await refused.waitForLine(new RegExp(`MASTER -> REFUSED ${reason}$`));
      const told = events.find((event) => event.type === 'hello-refused');
      assert.equal([told?.pid, told?.reason], [refused.pid, reason]);

      const patient = slave(mw);
      await until('it is asked about', () => asked.length === 2);
      await slave(mw);
      assert.is(await mw.run(() => square.future(3)), 9);
      const joined = () => events.flatMap((event) => (event.type === 'slave-connecting' ? event.sid : []));
      assert.equal(joined(), ['SLAVE-0']);
      decide(true);
      await patient;
      assert.equal(joined(), ['SLAVE-0', 'SLAVE-1']);
      assert.equal(
        asked.map(({ pid, user, memberId }) => [pid, user, memberId]),
        [refused.pid, process.pid, process.pid].map((pid) => [pid, undefined, 'default-member-id']),
      );
      assert.ok(asked[0]?.algorithms.has('square'));
    } finally {
      await mw.stop();
    }
  },
);

test('what defineMaster is given holds for the program that runs', () =>
  withPrograms(async ({ start, folder }) => {
    const file = ['--resource-file', join(folder, 'm.rsc')];
    const head = start('guarded.js', ['--master', ...file, '--', 'closed today']);
    await head.waitForLine(/MASTER READY/, LIMIT_MS);
    const refused = start('guarded.js', ['--slave', ...file]);
    assert.is(await refused.code(LIMIT_MS), 255, refused.report());
    await refused.waitForLine(/MASTER -> REFUSED authorizeSlave refuses it: closed today$/);
    assert.is(refused.count(/^heard /), 0, 'it is the master that hears');
    await head.waitForLine(/^heard master$/);
    await head.waitForLine(new RegExp(`^heard ${refused.pid} refused$`));
    await head.waitForLine(/NEW-CLIENT <- REFUSED \S+ authorizeSlave refuses it: closed today$/);
    head.kill('SIGTERM');
    assert.is(await head.code(LIMIT_MS), 143, head.report());
  }));

test('a slave that is refused inside a process is told why', async () => {
  await using mw = await master({ authorizeSlave: () => false });
  const error = await slave(mw).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, JoinError);
  assert.match((error as JoinError).message, /authorizeSlave refuses it$/);
});

test.run();
