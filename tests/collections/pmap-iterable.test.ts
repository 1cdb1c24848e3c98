/** `pmapIterable`: order, the bounds of what is drawn, and what becomes of a source when it ends. */
import { pmapIterable, TaskError, UsageError, zip } from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from './farm.js';
import { add, gates, held, late, notSeventh, same } from './tasks.js';

const test = suiteOnFarm('pmapIterable');

/** Numbers from 0 on, which tells what happens to it. */
class Source implements Iterable<number> {
  drawn = 0;
  closed = 0;
  readonly #length: number;
  readonly #atEnd: () => void;

  constructor(length = Number.POSITIVE_INFINITY, atEnd = () => {}) {
    this.#length = length;
    this.#atEnd = atEnd;
  }

  *[Symbol.iterator](): Generator<number> {
    try {
      while (this.drawn < this.#length) yield this.drawn++;
    } finally {
      this.closed++;
      this.#atEnd();
    }
  }

  async *slowly(): AsyncGenerator<number> {
    for (const n of this) {
      await new Promise(setImmediate);
      yield n;
    }
  }
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

const upTo = (length: number): number[] => Array.from({ length }, (_, n) => n);

test('it has the values of all elements, in their order or not', async () => {
  for (const length of [0, 1, 2, 7, 100, 3_000]) {
    for (const ordered of [true, false]) {
      for (const elements of [upTo(length), new Source(length), new Source(length).slowly()]) {
        const values = await all(pmapIterable(same, elements, { ordered, window: 500 }));
        assert.equal(ordered ? values : values.sort((a, b) => a - b), upTo(length));
      }
    }
  }
  assert.equal(await all(pmapIterable(add, zip([1, 2, 3], new Source()))), [1, 3, 5]);
});

test('a late element holds back the values after it only if they are ordered', async () => {
  const loose = pmapIterable(held, [100, 101, 102], { ordered: false });
  const first = loose.next();
  const [, later = 0] = await gates.waiting(100, 2);
  await gates.open(later);
  assert.equal(await first, { done: false, value: later });
  const others = all(loose);
  for (const n of [100, 101, 102]) if (n !== later) await gates.open(n);
  assert.equal(
    (await others).sort(),
    [100, 101, 102].filter((n) => n !== later),
  );
  const strict = pmapIterable(held, [110, 111]);
  const values = Promise.all([strict.next(), strict.next(), strict.next()]);
  await gates.open(111);
  await gates.open(110);
  assert.equal(
    (await values).map(({ value }) => value),
    [110, 111, undefined],
  );
});

test('no element is drawn beyond the window, and none before the first value is asked for', async () => {
  for (const [ordered, window] of [
    [true, 1],
    [true, 7],
    [false, 40],
  ] as const) {
    for (const isSlow of [false, true]) {
      const source = new Source(300);
      const values = pmapIterable(same, isSlow ? source.slowly() : source, { ordered, window });
      await new Promise(setImmediate);
      assert.is(source.drawn, 0);
      let taken = 0;
      for await (const _ of values) {
        // The one that is taken now, and one that an awaited source has ready
        assert.ok(source.drawn <= taken + window + 1, `${source.drawn} drawn, ${taken} taken`);
        taken++;
      }
      assert.equal([taken, source.closed], [300, 1]);
    }
  }
});

test('leaving the loop cancels what is left, and closes the source', async (mw) => {
  for (const isSlow of [false, true]) {
    const source = new Source();
    for await (const value of pmapIterable(same, isSlow ? source.slowly() : source, { window: 100 })) {
      if (value === 5) break;
    }
    assert.is(mw.numRunnableTasks, 0);
    while (source.closed === 0) await new Promise(setImmediate);
    assert.is(source.closed, 1);
  }
  const source = new Source();
  const values = pmapIterable(same, source);
  assert.equal(await values.return?.(), { done: true, value: undefined });
  assert.equal([await values.next(), source.drawn], [{ done: true, value: undefined }, 0]);
});

test('an error of a task ends the iteration, and closes the source', async (mw) => {
  for (const atEnd of [
    () => {},
    () => {
      throw new Error('closing fails too');
    },
  ]) {
    const source = new Source(Number.POSITIVE_INFINITY, atEnd);
    const error = await rejection(all(pmapIterable(notSeventh, source, { window: 50 })));
    assert.instance(error, TaskError);
    const { name, index, submittedAt } = error as TaskError;
    assert.equal([name, (index as number) % 7, source.closed, mw.numRunnableTasks], ['RangeError', 6, 1, 0]);
    assert.match(submittedAt ?? '', /pmap-iterable\.test/);
  }
  const unclosable = new Source(Number.POSITIVE_INFINITY, () => {
    throw new Error('closing fails');
  });
  const leaving = async (): Promise<void> => {
    for await (const _ of pmapIterable(same, unclosable)) break;
  };
  assert.is(((await rejection(leaving())) as Error).message, 'closing fails', 'as in any loop');
});

test('an error of the source ends the iteration', async (mw) => {
  const failing = (): never => {
    throw new RangeError('the file is damaged');
  };
  for (const source of [new Source(20, failing), new Source(20, failing).slowly()]) {
    const error = await rejection(all(pmapIterable(same, source, { window: 4 })));
    assert.equal([(error as Error).message, mw.numRunnableTasks], ['the file is damaged', 0]);
  }
  const stopped = new AbortController();
  const values = pmapIterable(late, zip([20_000], ['x']), { signal: stopped.signal });
  const next = values.next();
  stopped.abort(new Error('not any more'));
  assert.is(((await rejection(next)) as Error).message, 'not any more');
  assert.equal(await values.next(), { done: true, value: undefined });
});

test('an element of an asynchronous source does not wait for the next one', async () => {
  let taken: () => void = () => {};
  async function* inLockStep(): AsyncGenerator<number> {
    for (let n = 0; n < 50; n++) {
      const isTaken = new Promise<void>((resolve) => {
        taken = resolve;
      });
      yield n;
      await isTaken;
    }
  }
  const values: number[] = [];
  for await (const value of pmapIterable(same, inLockStep())) {
    values.push(value);
    taken();
  }
  assert.equal(values, upTo(50));
});

test('wrong calls throw at once', () => {
  for (const [call, message] of [
    [() => pmapIterable(same, 5 as never), /from an iterable or async iterable.*got number/],
    [
      () => pmapIterable(same, [1], { window: 0 }),
      /the window of pmapIterable is a whole number from 1; got 0/,
    ],
    [() => pmapIterable(same, [1], { parts: 2 } as never), /pmapIterable has no option "parts"/],
    [() => pmapIterable(same, [1], null as never), /the options of pmapIterable are an object of ordered, /],
    [
      () => pmapIterable(same, [1], { ordered: 1 as never }),
      /ordered of pmapIterable is true or false; got 1/,
    ],
  ] as const) {
    assert.throws(call, (error: unknown) => error instanceof UsageError && message.test(error.message));
  }
});

test.run();
