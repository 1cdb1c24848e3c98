/** Promises of `pmap` and its kin beyond the assertions of lfarm's tests. */
import {
  EncodeError,
  plet,
  pmap,
  pmapInto,
  pmapReduce,
  pmapSettled,
  portable,
  preduce,
  preducePartial,
  TaskError,
  type UnrunnableError,
  UsageError,
  zip,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from './farm.js';
import {
  add,
  gates,
  held,
  itself,
  join,
  late,
  nothing,
  notSeventh,
  same,
  secondTime,
  seven,
  square,
} from './tasks.js';

const test = suiteOnFarm('pmap');

const upTo = (length: number): number[] => Array.from({ length }, (_, n) => n);

test('values come in the order of their elements, with holes and undefined in their places', async () => {
  assert.equal(await pmap(nothing as never, [1, 2, 3]), [undefined, undefined, undefined]);
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  const sparse = [1, , 3] as (number | undefined)[];
  const values = await pmap(
    portable((x: number | undefined) => x === undefined),
    sparse,
  );
  assert.equal(values, [false, true, false]);
  const both = await pmap(itself, [undefined, null, NaN, -0, 2n, 'a', [1], new Map([[1, 2]])]);
  assert.equal(both, [undefined, null, NaN, -0, 2n, 'a', [1], new Map([[1, 2]])]);
  assert.ok(1 in (await pmap(itself, [1, undefined])), 'a value that is undefined is no hole');
  assert.equal(await pmap(same, upTo(5_000)), upTo(5_000));
});

test('only zip spreads', async () => {
  assert.equal(await pmap(itself, [[1, 2], [3]]), [[1, 2], [3]]);
  assert.equal(await pmap(itself, zip([[1, 2], [3]])), [[1, 2], [3]]);
  function* endless(): Generator<number> {
    for (let n = 10; ; n++) yield n;
  }
  assert.equal(await pmap(add, zip([1, 2, 3], endless())), [11, 13, 15]);
  assert.equal(await pmap(same, endless(), { size: 3 }), [10, 11, 12]);
});

test('the first error is that of its element, and ends the rest', async () => {
  for (const parts of ['auto', 1, 3, 20] as const) {
    const error = await rejection(pmap(notSeventh, upTo(12), { parts }));
    assert.instance(error, TaskError);
    const { name, message, index, algorithm, submittedAt } = error as TaskError;
    assert.equal([name, message, index, algorithm], ['RangeError', '6 is a seventh', 6, 'notSeventh']);

    assert.match(submittedAt ?? '', /pmap\.test/, `${parts}`);
  }
  const failing = rejection(pmap(held, [0, 1, 2, 3, 4, 5], { parts: 6 }));
  await gates.fail(0, new RangeError('the first'));
  assert.equal(
    [((await failing) as TaskError).message, ((await failing) as TaskError).index],
    ['the first', 0],
  );
  const signalled = new AbortController();
  const stopped = rejection(pmap(held, [10, 11], { parts: 2, signal: signalled.signal }));
  signalled.abort(new Error('not any more'));
  assert.is(((await stopped) as Error).message, 'not any more');
  const cancelled = rejection(pmap(held, [20], { signal: signalled.signal }));
  assert.is(((await cancelled) as Error).message, 'not any more');
  assert.not(gates.begun.includes(20), 'nothing is submitted after the abort');
});

test('with stopOnError: false all errors come, in the order of their elements', async () => {
  for (const parts of ['auto', 1, 4] as const) {
    const options = { parts, stopOnError: false };
    const error = await rejection(pmap(notSeventh, upTo(30), options));
    assert.instance(error, AggregateError);
    const { errors, message } = error as AggregateError;
    assert.equal(
      (errors as TaskError[]).map(({ index }) => index),
      [6, 13, 20, 27],
    );
    assert.is(message, '4 of the 30 elements of pmap failed');
    const target = new Int16Array(30).fill(-1);
    assert.instance(await rejection(pmapInto(target, notSeventh, upTo(30), options)), AggregateError);
    assert.equal(
      [...target],
      upTo(30).map((n) => (n % 7 === 6 ? -1 : n)),
    );
  }
});

test('pmapSettled has the fate of each element', async () => {
  const fates = await pmapSettled(notSeventh, upTo(16), { parts: 3 });
  assert.equal(
    fates.map((fate) => (fate.status === 'ok' ? fate.packet : `${fate.status} ${fate.error.message}`)),
    upTo(16).map((n) => (n % 7 === 6 ? `error ${n} is a seventh` : n)),
  );
  assert.equal(await pmapSettled(notSeventh, []), []);
  const [first, second, third] = await pmapSettled(itself, [1, { deep: () => 2 }, 3], { parts: 1 });
  assert.equal(
    [first, third],
    [
      { status: 'ok', packet: 1 },
      { status: 'ok', packet: 3 },
    ],
  );
  assert.is(second?.status, 'error');
  const { error } = second as { readonly error: EncodeError };
  assert.instance(error, EncodeError);
  assert.equal([error.index, error.path], [1, '.deep']);
});

test('what the policy repeats is repeated for elements, in parts of any size and whatever ends the call', async () => {
  const onlyAgain = portable((n: number) => {
    const seen = globalThis as { seen?: Set<number> };
    seen.seen ??= new Set();
    if (n % 5 === 3 && !seen.seen.has(n)) {
      seen.seen.add(n);
      throw Object.assign(new RangeError('not yet'), { seconds: 0 });
    }
    return n;
  });
  const decide = ({ fields }: TaskError): boolean => fields.seconds === 0;
  for (const parts of ['auto', 1, 3] as const) {
    for (const stopOnError of [true, false]) {
      for (const retryErrors of [true, decide]) {
        assert.equal(
          await pmap(onlyAgain, upTo(10), { parts, stopOnError, policy: { retryErrors } }),
          upTo(10),
        );
        Reflect.deleteProperty(globalThis, 'seen');
      }
    }
  }
});

test('progress is told after each part, up to the end', async () => {
  const told: string[] = [];
  await pmap(same, upTo(10), { parts: 4, onProgress: ({ done, total }) => told.push(`${done}/${total}`) });
  assert.is(told.length, 4);
  assert.is(told.at(-1), '10/10');
  assert.equal(
    told,
    [...told].sort((a, b) => parseInt(a, 10) - parseInt(b, 10)),
  );
  const broken = pmap(same, upTo(10), {
    onProgress: () => {
      throw new Error('no display');
    },
  });
  assert.is(((await rejection(broken)) as Error).message, 'no display');
});

test('parts of pmapReduce run under the policy of its map, and an error names the one that threw', async () => {
  assert.is(await pmapReduce(secondTime, add, upTo(5)), 10);
  assert.is(await pmapReduce(secondTime, add, upTo(5), { parts: 2 }), 10);
  const wrong = (await rejection(
    pmapReduce(secondTime, add, [1], { policy: { maxAttempts: 1 } }),
  )) as TaskError;
  assert.equal([wrong.algorithm, wrong.message], ['secondTime', 'the first run']);
  const none = portable((): number => {
    throw new RangeError('no sum');
  });
  for (const [call, algorithm] of [
    [() => pmapReduce(notSeventh, add, [6]), 'notSeventh'],
    [() => preduce(add, [6], { key: notSeventh }), 'notSeventh'],
    [() => preduce(none, [1, 2], { key: notSeventh, parts: 1 }), 'a portable function'],
  ] as const) {
    const error = (await rejection(call())) as TaskError;
    assert.is(error.algorithm, algorithm);
  }
});

async function* lines(): AsyncGenerator<number> {
  yield 1;
}

test('a failed future among elements is the error of its element alone', async () => {
  const failed = notSeventh.future(6);
  const elements = [1, 2, [failed], 4, 5];
  const fates = await pmapSettled(itself, elements, { parts: 1 });
  assert.equal(
    fates.map((fate) => (fate.status === 'ok' ? fate.packet : fate.status)),
    [1, 2, 'unrunnable', 4, 5],
  );
  const error = (await rejection(pmap(itself, elements, { parts: 1 }))) as UnrunnableError;
  assert.equal([error.reason, (error as { index?: number }).index], ['dependency', 2]);
});

test('wrong calls say what is wrong', async () => {
  for (const [call, message] of [
    [() => pmap(same, 5 as never), /pmap takes its elements from an iterable.*got number/],
    [() => pmap(same, null as never), /got null/],
    [() => pmap(same, [1], { parts: 0 }), /the parts of pmap are 'auto' or a whole number from 1; got 0/],
    [() => pmap(same, [1], { size: -1 }), /the size of pmap is a whole number from 0; got -1/],
    [() => pmap(same, [1], { part: 3 } as never), /pmap has no option "part"; it may have parts, /],
    [() => pmap(same, [1], { stopOnError: 1 } as never), /stopOnError of pmap is true or false; got 1/],
    [() => pmap(same, [1], { signal: {} } as never), /the signal of pmap is an AbortSignal/],
    [() => pmap(same, [1], { onProgress: 1 } as never), /onProgress of pmap is a function; got 1/],
    [() => pmap(same, [1], null as never), /the options of pmap are an object of parts, .*; got null/],
    [() => pmap(same, [1], { policy: { retries: 1 } as never }), /a task policy has no "retries"/],
    [() => pmapSettled(same, [1], { stopOnError: true } as never), /pmapSettled has no option "stopOnError"/],
    [() => pmapInto(new DataView(new ArrayBuffer(8)) as unknown as number[], same, [1]), /got object/],
    [() => pmapInto([0], seven, null as never), /the options of pmapInto are an object of .*; got null/],
    [() => pmapInto([0], same, [1], null as never), /the options of pmapInto are an object of .*; got null/],
    [() => pmapInto([0], seven, 5 as never, {}), /pmapInto takes its elements from an iterable.*got number/],
    [
      () => pmapInto([0], seven, lines() as never),
      /pmapInto takes its elements from an iterable.*got object/,
    ],
    [() => pmapInto([0], seven, lines() as never, {}), /pmapInto takes its elements from an iterable/],
    [
      () => preduce(add, [1, 2], { start: 2, end: 1 }),
      /preduce takes elements 2 to 1 of a source that has 2/,
    ],
    [() => plet(undefined as never), /plet takes an object of bindings.*got undefined/],
    [() => preduce(add, [1, 2], { end: 3 }), /preduce takes elements 0 to 3 of a source that has 2/],
    [() => preduce(add, []), /preduce has no elements and no initial value.*\{ initial \}/],
    [() => pmapReduce(square, add, [1], { size: 0 }), /pmapReduce has no elements and no initial value/],
    [async () => (zip as () => unknown)(), /zip takes at least one source/],
    [async () => zip([1], 2 as never), /its argument 2 is number/],
  ] as const) {
    const error = await rejection((async () => call())());
    assert.instance(error, UsageError);
    assert.match((error as UsageError).message, message);
  }
  assert.instance(await rejection(pmap(itself, [1, () => 2])), EncodeError);
});

test('a reduction keeps the order of its elements, whatever the parts', async () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  for (const parts of ['auto', 1, 2, 5, 26, 99] as const) {
    assert.is(await preduce(join, letters, { parts }), letters.join(''));
    assert.is(await preduce(join, letters, { parts, initial: '>' }), `>${letters.join('')}`);
    assert.is(await preduce(join, letters, { parts, initial: '<', fromEnd: true }), `${letters.join('')}<`);
  }
  assert.is(await preduce(join, [], { initial: 'none' }), 'none');
  assert.is(await preduce(join, ['one']), 'one');
  const error = await rejection(
    preduce(
      portable((x: number, y: number) => {
        if (y === 7) throw new RangeError('seven');
        return x + y;
      }),
      upTo(20),
      { start: 2, parts: 3 },
    ),
  );
  assert.equal([(error as TaskError).name, (error as TaskError).index], ['RangeError', 7]);
});

test('the elements of a zip that one parameter takes are its tuples', async () => {
  const sum = portable((x: readonly number[], y: readonly number[]) => x.map((n, i) => n + (y[i] as number)));
  assert.equal(await preduce(sum, zip([1, 2, 3], [10, 20, 30]), { parts: 2 }), [6, 60]);
  assert.equal(await preducePartial(sum, zip([1, 2, 3], [10, 20, 30]), { parts: 3 }), [
    [1, 10],
    [2, 20],
    [3, 30],
  ]);
  const second = portable((pair: readonly number[]) => pair[1] as number);
  assert.is(await preduce(add, zip([1, 2, 3], [10, 20, 30]), { key: second }), 60);
});

test('plet cancels only futures: other values that functions return are their own', async () => {
  const failing = [notSeventh, 6] as const;
  let cancels = 0;
  const timer = {
    cancel(): never {
      cancels++;
      throw new Error('its own');
    },
  };
  const error = await rejection(plet({ timer: () => timer, promise: async () => timer, failing }));
  assert.is((error as Error).message, '6 is a seventh');
  assert.is(cancels, 0);
  const future = held.future(1);
  await rejection(plet({ future: () => future, failing }));
  assert.is(((await rejection(future)) as UnrunnableError).reason, 'cancelled');
});

test('plet rejects with its first error, after the other tasks are cancelled', async () => {
  const seen: unknown[] = [];
  const hear = (reason: unknown): void => void seen.push(reason);
  process.prependListener('unhandledRejection', hear);
  try {
    const error = await rejection(plet({ x: [late, 20_000, 1], y: [notSeventh, 6] }));
    assert.is((error as TaskError).message, '6 is a seventh');
    const thrown = plet({
      x: [late, 20_000, 1],
      y: () => Promise.reject(new Error('later')),
      z: () => {
        throw new Error('at once');
      },
    });
    assert.is(((await rejection(thrown)) as Error).message, 'at once');
    await new Promise(setImmediate);
    assert.equal(seen, []);
  } finally {
    process.off('unhandledRejection', hear);
  }
});

test.run();
