/** Tasks that take their slave process down: retries, histories, neighbours, restarts of local slaves. */
import { hostname } from 'node:os';
import { type AuditEvent, type EmbeddedMaster, master, UnrunnableError } from 'ts-mw';
import * as assert from 'uvu/assert';
import { abort, pause, square, whoRuns } from '../programs/algorithms.js';
import { joining } from '../support/clusters.js';
import { type BrokerOfTest, overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { PATIENCE } from '../support/patience.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('dying tasks');
const EMBEDDED: BrokerOfTest = { name: 'embedded', args: [], flags: {}, url: undefined };

async function withLocalSlaves(
  { flags }: BrokerOfTest,
  slaves: number,
  folder: string,
  body: (mw: EmbeddedMaster, events: AuditEvent[]) => Promise<void>,
): Promise<void> {
  const events: AuditEvent[] = [];
  const mw = await master({
    slaves,
    program: programPath('worker.js'),
    auditFile: `${folder}/audit`,
    clientTimeout: 5,
    ...flags,
    onAudit: (event) => events.push(event),
  });
  try {
    await mw.run(() => body(mw, events));
  } finally {
    await mw.stop();
  }
}

overEachBroker(
  test,
  'they run again elsewhere, and after maxAttempts are unrunnable',
  async (broker, { folder }) => {
    const began = Date.now();
    await withLocalSlaves(broker, 2, folder, async (mw, events) => {
      const saved = abort.withTaskPolicy({ maxAttempts: 2 }).future(1);
      // Which of the two ends first is a matter of time
      const lost = abort
        .withTaskPolicy({ maxAttempts: 2 })
        .future(9)
        .catch((error: unknown) => error);
      assert.is(await within(60_000, saved, () => 'the second attempt'), 2);
      const error = await within(60_000, lost, () => 'the end');
      if (!(error instanceof UnrunnableError)) throw error;
      assert.is(error.reason, 'max-attempts');
      const waitedFirst = error.history[0]?.doubtful;
      assert.equal(
        error.history.map(({ attempt, doubtful }) => [attempt, doubtful]),
        // It may have waited behind the other one when that took its slave down.
        waitedFirst
          ? [
              [1, true],
              [1, false],
            ]
          : [
              [1, false],
              [2, false],
            ],
      );
      for (const { host, pid, at } of error.history) {
        assert.equal([host, events.some((event) => isStart(event, pid))], [hostname(), true]);
        assert.ok(at >= began && at <= Date.now(), 'it tells when');
      }
      assert.is(new Set(error.history.map(({ sid }) => sid)).size, 2);
      for (const { evidence } of error.history) assert.match(evidence, /process ended by SIGABRT/);
      const audited = events.find((event) => event.type === 'task-unrunnable');
      assert.is(audited?.taskId, error.taskId);
      assert.is(audited?.history.length, 2);
      assert.is(await within(60_000, square.future(3), () => 'a restarted slave'), 9);
      assert.is(mw.pendingTasks, 0);
    });
  },
);

test.long(
  'five runs are begun unless the policy says otherwise, and places are filled again with backoff',
  () =>
    withPrograms(({ folder }) =>
      withLocalSlaves(EMBEDDED, 1, folder, async (_mw, events) => {
        abort.funcall(9);
        const [fate] = await within(80_000, take(_mw), () => 'five runs');
        if (fate?.status !== 'unrunnable') throw new Error('it ran');
        assert.is(fate.error.history.length, 5);
        assert.is(fate.attempts, 5);
        await until('it is started again', () => events.filter(isRestart).length === 5);
        assert.equal(
          events.filter(isRestart).map(({ backoffMs }) => backoffMs),
          [250, 500, 1000, 2000, 4000],
        );
      }),
    ),
);

async function take(mw: EmbeddedMaster) {
  const fates = [];
  for await (const fate of mw.results(abort)) fates.push(fate);
  return fates;
}

function isStart(event: AuditEvent, pid: number): boolean {
  return event.type === 'local-slave-started' && event.pid === pid;
}

function isRestart(event: AuditEvent): event is Extract<AuditEvent, { type: 'local-slave-restarting' }> {
  return event.type === 'local-slave-restarting';
}

for (const taskGroup of ['auto', 1, 10] as const) {
  test.long(`what else was in its group is done all the same (group ${taskGroup})`, () =>
    withPrograms(async ({ folder }) => {
      const events: AuditEvent[] = [];
      const mw = await master({
        slaves: 2,
        slaveTaskGroup: taskGroup,
        program: programPath('worker.js'),
        auditFile: `${folder}/audit`,
        onAudit: (event) => events.push(event),
      });
      try {
        await mw.run(async () => {
          for (let n = 0; n < 40; n++) {
            if (n === 13) abort.withTaskPolicy({ maxAttempts: 2 })(9);
            square.funcall(n);
          }
          let sum = 0;
          const unrunnable = [];
          for await (const fate of mw.results(square, abort)) {
            if (fate.status === 'error') throw fate.error;
            if (fate.status === 'unrunnable') unrunnable.push(fate.algorithm);
            else if (fate.algorithm === 'square') sum += fate.packet;
          }
          assert.equal(unrunnable, ['abort']);
          assert.is(sum, (39 * 40 * 79) / 6);
        });
        assert.is(events.filter(({ type }) => type === 'slave-lost').length, 2);
      } finally {
        await mw.stop();
      }
    }),
  );
}

overEachBrokerAtLength(
  test,
  'without retry a task whose slave is killed is unrunnable, others run again',
  async (broker, { start }) => {
    await using mw = await master({ ...broker.flags, clientTimeout: 5 });
    const first = start('worker.js', joining(mw, broker));
    await mw.run(async () => {
      const once = pause.withTaskPolicy({ retry: false, tag: 'once' })(60);
      await first.waitForLine(new RegExp(`pausing ${once}`));
      const again = whoRuns.future();
      const killed = performance.now();
      first.kill('SIGKILL');
      const second = start('worker.js', joining(mw, broker));
      for await (const fate of mw.results(pause)) {
        if (fate.status !== 'unrunnable') throw new Error(`it is ${fate.status}`);
        assert.equal([fate.reason, fate.tag, fate.sid, fate.taskId], ['slave-lost', 'once', 'SLAVE-0', once]);
        assert.is(fate.error.history.length, 1);
      }
      assert.ok(performance.now() - killed < 10_000 * PATIENCE);
      assert.is(await within(20_000, again, () => 'the other task'), second.pid);
    });
  },
);

test.run();
