/** Tasks drawn by a whole master: results() waits for their source, and hands over what it throws. */

import { type EmbeddedMaster, UsageError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { echo, fail, square } from '../programs/algorithms.js';
import { SharedCluster, withCluster } from '../support/clusters.js';
import { until, within } from '../support/programs.js';

const test = suite('submit-all');
const TIME_LIMIT_MS = 30_000;

const cluster = new SharedCluster(1);
test.after(() => cluster.stop());

async function sum(mw: EmbeddedMaster): Promise<number> {
  let sum = 0;
  for await (const fate of mw.results(square)) if (fate.status === 'ok') sum += fate.packet;
  return sum;
}

test(
  'results() goes on until all is drawn and done, and no more is pending than the target says',
  cluster.with(async (mw) => {
    let most = 0;
    const items = function* (): Generator<number> {
      for (let n = 0; n < 3_000; n++) {
        most = Math.max(most, mw.pendingTasks);
        yield n;
      }
    };
    mw.submitAll(items(), (n) => square.funcall(n), { targetNumber: 50 });
    assert.is(await within(TIME_LIMIT_MS, sum(mw), () => 'the results'), (2_999 * 3_000 * 5_999) / 6);
    assert.is(most, 49);
    most = 0;
    mw.targetNumber = 20;
    mw.submitAll(items(), (n) => square.future(n));
    assert.is(await within(TIME_LIMIT_MS, sum(mw), () => 'the end of the futures'), 0);
    assert.is(most, 19);
    mw.targetNumber = 0;
  }),
);

test(
  'a slow source is waited for, also by who reads another algorithm',
  cluster.with(async (mw) => {
    let open: (() => void) | undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const items = async function* (): AsyncGenerator<number> {
      await opened;
      yield 4;
    };
    mw.submitAll(items(), (n) => square.funcall(n));
    let ended = false;
    const others = (async () => {
      for await (const _ of mw.results(echo)) assert.unreachable();
      ended = true;
    })();
    const squares = sum(mw);
    await mw.masterLoopIterate();
    assert.is(ended, false);
    open?.();
    assert.is(await within(TIME_LIMIT_MS, squares, () => 'the square'), 16);
    await within(TIME_LIMIT_MS, others, () => 'the end');
  }),
);

test(
  'what a source throws comes out of results() or masterLoop, once; the fates come after it',
  cluster.with(async (mw) => {
    const items = function* (): Generator<number> {
      yield 3;
      throw new RangeError('the source is broken');
    };
    for (const ask of [() => sum(mw), async () => void (await mw.masterLoop())]) {
      mw.submitAll(items(), (n) => square.funcall(n));
      await until('it has thrown and the task is done', () => mw.pendingTasks === 0);
      let error: unknown;
      // Wakeups of the result may be told before the error.
      for (let tries = 0; tries < 50 && error === undefined; tries++) {
        error = await ask().then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      assert.instance(error, RangeError);
      assert.is(await sum(mw), 9);
    }
    mw.submitAll(['no'], (text) => fail.future(text));
    const error = await within(
      TIME_LIMIT_MS,
      sum(mw).catch((error: unknown) => error),
      () => 'the error of the future',
    );
    assert.match(String(error), 'no');
  }),
);

test(
  'it refuses what it cannot draw from',
  cluster.with(async (mw) => {
    const submit = (n: number) => square.funcall(n);
    for (const wrong of [undefined, 7, {}] as unknown as number[][]) {
      assert.throws(
        () => mw.submitAll(wrong, submit),
        (error: unknown) => error instanceof UsageError,
      );
    }
    for (const targetNumber of [0, 1.5, Number.NaN]) {
      assert.throws(() => mw.submitAll([1], submit, { targetNumber }), /a whole number from 1/);
    }
    assert.throws(() => mw.submitAll([1], 'square' as never), /a function of an item/);
  }),
);

test('a master that stops closes the sources that it draws from', async () => {
  let closed = false;
  const items = function* (): Generator<number> {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      closed = true;
    }
  };
  await withCluster({ flags: {} }, 0, async (mw) => {
    mw.submitAll(items(), (n) => square.funcall(n), { targetNumber: 10 });
    await until('it draws', () => mw.pendingTasks === 10);
  });
  await until('it is closed', () => closed);
});

test.run();
