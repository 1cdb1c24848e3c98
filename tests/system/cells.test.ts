/** Cells between real processes: what the master sets reaches a task that never awaits, and what tasks offer comes back. */
import { type AuditEvent, cell, type EmbeddedMaster, master, slave, UsageError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tasks from '../programs/cell-tasks.js';
import { programPath, until, within } from '../support/programs.js';

const { signal, reached, names, fragile } = tasks;
const TIME_LIMIT_MS = 30_000;
/** Ten times what a quiet machine takes. */
const ARRIVES_WITHIN_MS = 500;
/** Another busy program on this machine may cost the bound once. */
const TRIES = 3;

const test = suite('cells');

async function withMaster(body: (mw: EmbeddedMaster, events: AuditEvent[]) => Promise<void>): Promise<void> {
  const events: AuditEvent[] = [];
  const program = programPath('cell-worker.js');
  await using mw = await master({ slaves: 2, program, onAudit: (event) => events.push(event) });
  await within(TIME_LIMIT_MS, Promise.resolve(mw.run(() => body(mw, events))), () => 'the cells');
}

test('a task that computes without awaiting sees a new value, and its offer arrives meanwhile', () =>
  withMaster(async (mw, events) => {
    const took: number[] = [];
    const isInTime = (): boolean => (took.at(-1) ?? Number.POSITIVE_INFINITY) < ARRIVES_WITHIN_MS;
    while (took.length < TRIES && !isInTime()) {
      const next = took.length + 1;
      const runs = [tasks.spinUntil.future(next, 20), tasks.spinUntil.future(next, 20)];
      await until('they spin', () => reached.value === next);
      signal.value = next;
      const setAt = performance.timeOrigin + performance.now();
      const seen = await Promise.all(runs);
      for (const sawAt of seen) assert.type(sawAt, 'number', 'it saw the signal');
      took.push(Math.max(...seen.map((sawAt) => Number(sawAt) - setAt)));
    }
    assert.ok(isInTime(), `it took ${took.join(', ')} ms`);

    // A slave that joins has all values before its first task
    signal.value = 7;
    await Promise.all([tasks.offerName.future('b'), tasks.offerName.future('a')]);
    assert.equal(names.value, ['a', 'b'], 'what a task offers is there before its result');
    assert.throws(() => (names.value as string[]).push('c'), TypeError);

    // Another search begins with what the program has set: nothing of the last one is in it
    for (let round = 0; round < 30; round++) {
      const from = round % 2 === 0 ? 10 : 1_000;
      tasks.least.value = 5_000;
      const seen = await Promise.all([8, 5, 7, 9].map((more) => tasks.offerLeast.future(from + more)));
      assert.is(tasks.least.value, from + 5, `round ${round}`);
      for (const before of seen) {
        assert.ok(before >= from && before <= 5_000, `round ${round}: a task saw ${before}`);
      }
    }

    const refused = await tasks.setSignal.future(9).catch((error: unknown) => error as Error);
    assert.match(refused?.message ?? '', /cell "signal" is set by the master only/);
    assert.is(signal.value, 7);

    // A merge that throws at the master changes nothing, and is told once
    const [sid] = await Promise.all([tasks.offerFragile.future(1), tasks.offerFragile.future(2)]);
    await until('it is told', () => events.some(({ type }) => type === 'offer-dropped'));
    const dropped = events.filter((event) => event.type === 'offer-dropped');
    assert.is(dropped.length, 1);
    assert.match(dropped[0]?.reason ?? '', /^RangeError: not [12]$/);
    assert.match(sid ?? '', /^SLAVE-\d$/);
    assert.is(fragile.value, 0);
    assert.equal(await tasks.see.future(), [7, took.length, ['a', 'b']]);
    assert.is(mw.signal.aborted, false);
  }));

test('masters and slaves in one process have values of their own, and slaves that come later the newest', () =>
  within(
    TIME_LIMIT_MS,
    (async () => {
      await using other = await master();
      await using mw = await master();
      await using first = await slave(mw, { slaveConcurrency: 4 });
      await mw.run(async () => {
        signal.value = 3;
        const offered = await Promise.all(['x', 'y'].map((name) => tasks.offerName.future(name)));
        for (const [at, seen] of offered.entries()) assert.ok(seen.includes(['x', 'y'][at] ?? ''));
        assert.equal(names.value, ['x', 'y']);
      });
      await first.stop();
      await using second = await slave(mw);
      await mw.run(async () => assert.equal(await tasks.see.future(), [3, 0, ['x', 'y']]));
      assert.equal(
        other.run(() => [signal.value, names.value]),
        [0, []],
      );
      assert.is(signal.value, 0, 'this code belongs to none of them');
      await second.stop();
    })(),
    () => 'the cells of one process',
  ));

test('an initial value that no cell can hold is refused before anything begins, with its place', async () => {
  cell('too large', 'x'.repeat(5_000));
  const pattern =
    /^the value of cell "too large" takes 5002 bytes .*; its initial value is given at .*cells\.test\.js:\d+:\d+$/;
  for (const begin of [() => master(), () => slave(1)]) {
    const error = await begin().then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.instance(error, UsageError);
    assert.match((error as Error).message, pattern);
  }
});

test.run();
