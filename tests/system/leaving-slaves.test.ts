/** Slaves that leave in the middle of their work, by a signal or an exception: what counts, and what does not. */

import {
  type AuditEvent,
  type EmbeddedMaster,
  type EmbeddedMasterOptions,
  master,
  UnrunnableError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { bequeath, type Death, linger, pause, perish, square, whoRuns } from '../programs/algorithms.js';
import { joining } from '../support/clusters.js';
import { overEachBrokerAtLength } from '../support/each-broker.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('leaving slaves');

const LEFT = /^it said goodbye$/;
const FAR = /^uncaught RangeError: too far/;

async function withSlaves(
  options: EmbeddedMasterOptions,
  body: (mw: EmbeddedMaster, events: AuditEvent[]) => Promise<void>,
): Promise<void> {
  await withPrograms(async ({ folder }) => {
    const events: AuditEvent[] = [];
    const mw = await master({
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      onAudit: (event) => events.push(event),
      ...options,
    });
    try {
      await mw.run(() => body(mw, events));
    } finally {
      await mw.stop();
    }
  });
}

async function failureOf(future: Promise<unknown>): Promise<UnrunnableError> {
  const error = await within(
    60_000,
    future.then(
      () => new Error('it came to an end'),
      (error: unknown) => error,
    ),
    () => 'the end of all its runs',
  );
  if (error instanceof UnrunnableError) return error;
  throw error;
}

function lostWith(events: readonly AuditEvent[], evidence: RegExp): AuditEvent[] {
  return events.filter((event) => event.type === 'slave-lost' && evidence.test(event.evidence));
}

const WAYS: readonly (readonly [death: Death, evidence: RegExp])[] = [
  ['SIGTERM', LEFT],
  ['SIGINT', LEFT],
  ['exit 0', /^process exited with code 0$/],
  ['exit in a handler', /^process exited with code 0$/],
  ['an exit handler', LEFT],
  ['abort', /^process ended by SIGABRT$/],
  ['exception', FAR],
  ['rejection', FAR],
];

for (const [index, [death, evidence]] of WAYS.entries()) {
  test.oneIn(
    6,
    index,
    `a task that ends its process by ${death} has had a run each time, and others pay nothing`,
    () =>
      withSlaves({ slaves: 2 }, async (_mw, events) => {
        const squares = Array.from({ length: 20 }, (_, n) => square.future(n));
        const twice = perish.withTaskPolicy({ maxAttempts: 2 }).future(death);
        const more = Array.from({ length: 20 }, (_, n) => square.future(n));
        const error = await failureOf(twice);
        assert.is(error.reason, 'max-attempts');
        assert.equal(
          error.history.map(({ doubtful, attempt }) => [doubtful, attempt]),
          [
            [false, 1],
            [false, 2],
          ],
        );
        for (const run of error.history) assert.match(run.evidence, evidence);
        assert.not.match(error.history[0]?.evidence ?? '', /\n/);
        const once = await failureOf(perish.withTaskPolicy({ maxAttempts: 1 }).future(death));
        assert.is(once.history.length, 1);
        const never = await failureOf(perish.withTaskPolicy({ retry: false }).future(death));
        assert.equal([never.reason, never.history.length], ['slave-lost', 1]);
        await within(30_000, Promise.all([...squares, ...more]), () => 'the others');
        if (evidence === FAR) assert.is(lostWith(events, FAR).length, 4);
      }),
  );
}

test.long('what is over before the signal is heard has its result, and no run is counted', () =>
  withSlaves({ slaves: 1 }, async (_mw, events) => {
    const pid = await within(
      30_000,
      bequeath.withTaskPolicy({ maxAttempts: 1 }).future('SIGTERM'),
      () => 'it',
    );
    await until('it has left', () => events.some(({ type }) => type === 'slave-left'));
    assert.is.not(await within(30_000, whoRuns.future(), () => 'the next slave'), pid);
  }),
);

for (const death of ['exception', 'rejection'] as const) {
  test.long(
    `a slave with an ${death} begins nothing more; what runs may end, what waits goes elsewhere`,
    () =>
      withSlaves({ slaves: 1, slaveTaskGroup: 10 }, async (_mw, events) => {
        const once = { maxAttempts: 1 };
        const bomb = bequeath.withTaskPolicy(once).future(death, 50);
        const running = pause.withTaskPolicy(once).future(0.5);
        const waiting = Array.from({ length: 8 }, () => whoRuns.withTaskPolicy(once).future());
        const pid = await within(30_000, bomb, () => 'the culprit');
        assert.is(await within(30_000, running, () => 'what runs'), pid);
        const pids = await within(30_000, Promise.all(waiting), () => 'what waits');
        assert.not.ok(pids.includes(pid), 'the broken process ran none of them');
        assert.is(lostWith(events, FAR).length, 1);
      }),
  );
}

test.long('an exception after which nothing runs is charged to nobody', () =>
  withSlaves({ slaves: 1 }, async (_mw, events) => {
    const pid = await within(30_000, bequeath.future('exception', 200), () => 'the culprit');
    await until('it is lost', () => lostWith(events, FAR).length === 1);
    assert.is.not(
      await within(30_000, whoRuns.withTaskPolicy({ maxAttempts: 1 }).future(), () => 'one'),
      pid,
    );
  }),
);

test.long('all that run side by side when an exception strikes are charged, and none that waits', () =>
  withSlaves({ slaves: 1, slaveConcurrency: 3, slaveTaskGroup: 1 }, async () => {
    const once = { maxAttempts: 1 };
    const beside = [1, 2].map(() => failureOf(linger.withTaskPolicy(once).future(600, 1)));
    const culprit = failureOf(perish.withTaskPolicy(once).future('exception'));
    const waiting = Array.from({ length: 5 }, (_, n) => square.withTaskPolicy(once).future(n));
    for (const error of await Promise.all([...beside, culprit])) {
      assert.is(error.history.length, 1);
      assert.match(error.history[0]?.evidence ?? '', FAR);
    }
    await within(30_000, Promise.all(waiting), () => 'those that waited');
  }),
);

overEachBrokerAtLength(
  test,
  'a preempted slave counts as one run of what it ran, which then runs elsewhere',
  async (broker, { start }) => {
    const events: AuditEvent[] = [];
    await using mw = await master({ ...broker.flags, onAudit: (event) => events.push(event) });
    const first = start('worker.js', joining(mw, broker));
    await mw.run(async () => {
      const once = failureOf(perish.withTaskPolicy({ maxAttempts: 1 }).future('nothing'));
      await first.waitForLine(/^perishing TASK-0$/);
      const waiting = square.withTaskPolicy({ maxAttempts: 1 }).future(3);
      first.kill('SIGTERM');
      const error = await once;
      assert.match(error.history[0]?.evidence ?? '', LEFT);
      first.kill('SIGKILL');
      start('worker.js', joining(mw, broker));
      assert.is(await within(30_000, waiting, () => 'the one that waited'), 9);
    });
    assert.is(events.filter(({ type }) => type === 'slave-lost').length, 0);
  },
);

overEachBrokerAtLength(
  test,
  'a program that listens for uncaught exceptions keeps its slave',
  async (broker, { start }) => {
    await using mw = await master(broker.flags);
    const first = start('worker.js', [...joining(mw, broker), '--', 'listening']);
    await mw.run(async () => {
      const pid = await within(30_000, bequeath.future('exception', 10), () => 'the culprit');
      await first.waitForLine(/^heard too far/);
      assert.is(await within(30_000, whoRuns.future(), () => 'the same slave'), pid);
    });
  },
);

test.run();
