/** Runs that take too long: stopped by their signal, or with their slave's process, which takes nobody else along. */

import { type AuditEvent, type EmbeddedMaster, master, UnrunnableError } from 'ts-mw';
import * as assert from 'uvu/assert';
import { linger, pause, spin, square, whoRuns } from '../programs/algorithms.js';
import { withCluster } from '../support/clusters.js';
import { programPath, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('timeouts');
const TIME_LIMIT_MS = 40_000;
const policy = { timeoutSeconds: 0.3, maxAttempts: 2 };

async function refusal(promise: Promise<unknown>): Promise<UnrunnableError> {
  const caught = await within(
    TIME_LIMIT_MS,
    promise.catch((error: unknown) => error),
    () => 'the task has no fate',
  );
  if (!(caught instanceof UnrunnableError)) throw new Error(`it is ${String(caught)}`);
  return caught;
}

function withLocalSlaves(
  slaves: number,
  body: (mw: EmbeddedMaster, events: AuditEvent[]) => Promise<void>,
): Promise<void> {
  return withPrograms(async ({ folder }) => {
    const events: AuditEvent[] = [];
    const options = { program: programPath('worker.js'), auditFile: `${folder}/audit`, clientTimeout: 5 };
    const mw = await master({ ...options, slaves, onAudit: (event) => events.push(event) });
    try {
      await mw.run(() => body(mw, events));
    } finally {
      await mw.stop();
    }
  });
}

test('a task that heeds its signal stops, and its slave goes on', () =>
  withLocalSlaves(1, async (_mw, events) => {
    const before = await within(TIME_LIMIT_MS, whoRuns.future(), () => 'the first task');
    const error = await refusal(pause.withTaskPolicy(policy).future(60));
    assert.equal([error.reason, error.history.length], ['timeout', 2]);
    assert.match(error.history[0]?.evidence ?? '', /^it ran longer than its 0\.3 s$/);
    assert.is(await whoRuns.future(), before);
    assert.is(events.filter(({ type }) => type === 'slave-lost').length, 0);
    assert.is(await square.withTaskPolicy(policy).future(3), 9, 'a limit does nothing to a quick task');
  }));

test.long('a task that does not stop, waiting or computing, ends with its slave, and nobody else pays', () =>
  withLocalSlaves(2, async (mw, events) => {
    const hung = linger.withTaskPolicy({ ...policy, tag: 'hung' }).future(60, 1);
    const spun = refusal(spin.withTaskPolicy({ ...policy, maxAttempts: 1, tag: 'spun' }).future(60));
    for (let n = 0; n < 40; n++) square.withTaskPolicy({ maxAttempts: 1 })(n);
    assert.ok(await within(TIME_LIMIT_MS, hung, () => 'the second run'));
    const error = await spun;
    assert.is(error.reason, 'timeout');
    assert.match(error.history[0]?.evidence ?? '', /longer than its 0\.3 s, and did not stop$/);
    for await (const fate of mw.results(square)) assert.equal([fate.status, fate.attempts], ['ok', 1]);
    const lost = events.filter((event) => event.type === 'slave-lost');
    assert.is(lost.length, 2);
    for (const { evidence } of lost) assert.match(evidence, /SIGKILL/);
    const waits = events.flatMap((event) => (event.type === 'local-slave-restarting' ? event.backoffMs : []));
    assert.equal(waits, [0, 0], 'their limit ended them, not a fault');
  }),
);

test('a slave in the process of another goes on without a task that does not stop', () =>
  withCluster({ flags: {} }, 1, async (mw) => {
    const hung = refusal(linger.withTaskPolicy({ ...policy, maxAttempts: 1 }).future(60));
    const next = square.future(4);
    const began = performance.now();
    assert.is((await hung).reason, 'timeout');
    assert.is(await within(TIME_LIMIT_MS, next, () => 'the next task'), 16);
    assert.ok(performance.now() - began > 2_000, 'it had two seconds to stop');
    const late = await refusal(linger.withTaskPolicy({ ...policy, retry: false }).future(0.5));
    assert.is(late.reason, 'timeout', 'what it returned too late does not count');
    assert.is(mw.pendingTasks, 0);
  }));

test.run();
