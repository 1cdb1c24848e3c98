/** `PartRun`, by the calls that use it: whatever becomes of parts, each element has its one value or error. */
import { getEventListeners } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../../src/algorithms/portable.js';
import { registerSubmitter } from '../../../src/algorithms/submitter-context.js';
import { pmap, pmapSettled } from '../../../src/collections/pmap.js';
import { pmapIterable } from '../../../src/collections/pmap-iterable.js';
import { preduce, preducePartial } from '../../../src/collections/preduce.js';
import { pcount, pfind, premove, psome } from '../../../src/collections/psearch.js';
import { psort } from '../../../src/collections/psort.js';
import {
  EncodeError,
  MessageSizeError,
  StoppedError,
  type TaskError,
  UnrunnableError,
} from '../../../src/errors.js';
import { until } from '../../support/programs.js';
import { generator } from '../../support/random.js';
import { ComputingSubmitter, type OpenTask, turn } from './computing-submitter.js';
import { byNumber, flaky, isEven, join, never, runs, square } from './tasks.js';

const test = suite('collections/parts/part-run');

const numberOf = portable(({ n }: { readonly n: number }) => n);
const lengthOf = portable((text: string) => text.length);
const upTo = (length: number): number[] => Array.from({ length }, (_, n) => n);

async function withSubmitter(body: (submitter: ComputingSubmitter) => Promise<void>): Promise<void> {
  const submitter = new ComputingSubmitter();
  const unregister = registerSubmitter(submitter);
  try {
    await body(submitter);
    assert.is(submitter.open.size, 0, 'tasks are left');
  } finally {
    unregister();
  }
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`it did not reject: ${String(value)}`),
    (error: unknown) => error,
  );
}

/** The elements of a part of `pmap` over numbers. */
function elementsOf({ args }: OpenTask): readonly number[] {
  const [elements] = args[2] as readonly [ArrayLike<number>];
  return Array.from(elements);
}

test('whichever parts are lost, in whatever order, no element has more runs than its policy allows', () =>
  withSubmitter(async (submitter) => {
    const random = generator(23);
    const among = (most: number): number => Math.floor(random() * most);
    for (let seed = 0; seed < 70; seed++) {
      const length = among(30);
      const poison = among(60);
      const maxAttempts = 1 + among(5);
      const lossRate = seed % 3 === 0 ? 0 : 0.2;
      const parts = seed % 4 === 0 ? 'auto' : 1 + among(length + 3);
      const runsOf = new Array<number>(length).fill(0);
      const settled = pmapSettled(square, upTo(length), { parts, policy: { maxAttempts } });
      await turn();
      while (submitter.open.size > 0) {
        const task = [...submitter.open][among(submitter.open.size)] as OpenTask;
        const elements = elementsOf(task);
        const isLost = elements.includes(poison) || random() < lossRate;
        for (const n of elements) (runsOf[n] as number) += isLost ? task.policy.maxAttempts : 1;
        if (isLost) await submitter.lose(random() < 0.8 ? 'max-attempts' : 'timeout', task);
        else await submitter.compute(task);
      }
      const fates = await settled;
      assert.is(fates.length, length);
      for (const [n, fate] of fates.entries()) {
        const what = `element ${n} of seed ${seed}`;
        assert.ok((runsOf[n] as number) <= maxAttempts, `${runsOf[n]} of ${maxAttempts} runs of ${what}`);
        if (fate.status === 'ok') assert.is(fate.packet, n * n, what);
        else assert.is(fate.status, 'unrunnable', what);
        // With two runs or more, the poison takes nobody along
        if (lossRate === 0 && maxAttempts > 1) assert.is(fate.status === 'ok', n !== poison, what);
        if (n === poison) assert.is(runsOf[n], maxAttempts, what);
      }
    }
  }));

test('an iteration that waits for its source, or for its reader, ends with its master', () =>
  withSubmitter(async (submitter) => {
    const silent = (async function* (): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => {});
    })();
    const waiting = pmapIterable(square, silent);
    const first = waiting.next();
    await submitter.computeAll();
    assert.is((await first).value, 1);
    const next = waiting.next();
    const left = pmapIterable(square, upTo(99), { window: 2 });
    const read = left.next();
    await submitter.computeAll();
    assert.is((await read).value, 0);
    const reason = new StoppedError('test', { pending: 0, untaken: 0 });
    submitter.end.abort(reason);
    for (const task of submitter.open) task.reject(reason);
    submitter.open.clear();
    assert.is(await rejection(next), reason);
    assert.is(await rejection(left.next()), reason);
    assert.is(await rejection(pmapIterable(square, silent).next()), reason, 'nor does one begin then');
  }));

test('an element that is drawn or written while its call ends is not computed', () =>
  withSubmitter(async (submitter) => {
    const enough = new Error('enough');
    const drawn = new AbortController();
    const source = function* (): Generator<number> {
      yield 1;
      drawn.abort(enough);
      yield 2;
    };
    assert.is(await rejection(pmapIterable(square, source(), { signal: drawn.signal }).next()), enough);
    const written = new AbortController();
    const elements = {
      get n(): number {
        written.abort(enough);
        return 1;
      },
    };
    const call = pmap(numberOf, [elements, elements], { parts: 2, signal: written.signal });
    assert.is(await rejection(call), enough);
    assert.equal([submitter.submitted, submitter.cancelled], [2, 2]);
  }));

test('any number of calls heed one signal by one listener, and leave none behind', () =>
  withSubmitter(async (submitter) => {
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const calls = upTo(12).flatMap((n) => [
      pmap(square, [n], { signal }),
      preduce(join, ['a', 'b'], { signal }),
      psort(byNumber, [n, n], { signal }),
    ]);
    await turn();
    assert.is(listeners(), 1);
    await submitter.computeAll();
    await Promise.all(calls);
    assert.is(listeners(), 0);
    const abort = new AbortController();
    const both = [pmap(square, [1], { signal: abort.signal }), pmap(square, [2], { signal: abort.signal })];
    abort.abort(new Error('enough'));
    for (const call of both) assert.is(String(await rejection(call)), 'Error: enough');
  }));

test('pieces of lost parts are folded in their order, and searched and counted once', () =>
  withSubmitter(async (submitter) => {
    const random = generator(29);
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    for (let seed = 0; seed < 25; seed++) {
      const parts = 1 + Math.floor(random() * 9);
      const options = { parts, policy: { maxAttempts: 9 } };
      const first = Math.floor(random() * 26);
      const calls = Promise.all([
        preduce(join, letters, options),
        preduce(join, letters, { ...options, fromEnd: true, initial: '.' }),
        preducePartial(join, letters, options),
        pfind(isEven, [1, 3, 5], options),
        pcount(isEven, upTo(26), options),
        premove(isEven, upTo(26), options),
        psome(isEven, [...upTo(first).map(() => 1), 2], options),
      ]);
      await turn();
      let losses = 0;
      while (submitter.open.size > 0) {
        const task = [...submitter.open][Math.floor(random() * submitter.open.size)] as OpenTask;
        // Of several elements: one alone, and the last fold, would have all their runs at once
        const isOfSeveral = task.policy.maxAttempts === 1;
        if (isOfSeveral && losses < 12 && random() < 0.3) {
          losses++;
          await submitter.lose('max-attempts', task);
        } else await submitter.compute(task);
      }
      const [text, backwards, partials, none, count, odd, some] = await calls;
      assert.equal([text, backwards, partials.join('')], [letters.join(''), `${letters.join('')}.`, text]);
      assert.is(partials.length, parts, 'as many values as parts');
      assert.equal([none, count, some], [undefined, 13, true]);
      assert.equal(
        odd,
        upTo(26).filter((n) => n % 2 === 1),
      );
    }
  }));

test('parts that are too large for a message are cut until they fit, and an element that is has an error', () =>
  withSubmitter(async (submitter) => {
    submitter.mostBytes = 400;
    const texts = upTo(200).map((n) => 'x'.repeat(n % 40));
    const lengths = texts.map(({ length }) => length);
    for (const parts of ['auto', 1, 7] as const) {
      const values = pmap(lengthOf, texts, { parts });
      await submitter.computeAll();
      assert.equal(await values, lengths);
    }
    assert.ok(submitter.largestBytes <= 400);
    const large = [...texts.slice(0, 5), 'y'.repeat(500), ...texts.slice(5, 9)];
    for (const parts of ['auto', 1] as const) {
      const settled = pmapSettled(lengthOf, large, { parts });
      await submitter.computeAll();
      for (const [index, fate] of (await settled).entries()) {
        if (index !== 5) {
          assert.equal(fate, { status: 'ok', packet: large[index]?.length });
          continue;
        }
        assert.is(fate.status, 'error');
        if (fate.status !== 'error') continue;
        assert.instance(fate.error, MessageSizeError);
        assert.match(fate.error.message, /^element 5 takes \d+ bytes/);
        assert.is(fate.error.index, 5);
      }
      const failing = rejection(pmap(lengthOf, large, { parts }));
      await submitter.computeAll();
      assert.equal(((await failing) as MessageSizeError).index, 5);
    }
    const grown = pmapSettled(
      portable((n: number) => 'z'.repeat(n)),
      [10, 390, 20, 500],
      { parts: 1 },
    );
    await submitter.computeAll();
    assert.equal(
      (await grown).map((fate) =>
        fate.status === 'ok' ? fate.packet.length : (fate.error as TaskError).name,
      ),
      [10, 'MessageSizeError', 20, 'MessageSizeError'],
      'values too',
    );
  }));

test('an element that cannot travel has an error, and the others their values', () =>
  withSubmitter(async (submitter) => {
    const mixed = upTo(20).map((n) => (n % 9 === 4 ? { deep: [() => n] } : n));
    const same = portable((x: unknown) => typeof x);
    for (const parts of ['auto', 1, 6] as const) {
      const settled = pmapSettled(same, mixed, { parts });
      await submitter.computeAll();
      for (const [index, fate] of (await settled).entries()) {
        if (index % 9 !== 4) assert.equal(fate, { status: 'ok', packet: 'number' });
        else {
          assert.is(fate.status, 'error');
          const error = (fate as { error: EncodeError }).error;
          assert.instance(error, EncodeError);
          assert.equal([error.index, error.path], [index, '.deep[0]']);
        }
      }
      const all = rejection(pmap(same, mixed, { parts, stopOnError: false }));
      await submitter.computeAll();
      const { errors } = (await all) as AggregateError;
      assert.equal(
        (errors as EncodeError[]).map(({ index }) => index),
        [4, 13],
      );
      const first = rejection(pmap(same, mixed, { parts }));
      await submitter.computeAll();
      assert.is(((await first) as EncodeError).index, 4);
      const folded = rejection(preduce(join, ['a', 'b', (() => 1) as never, 'd'], { parts: 1, start: 1 }));
      await submitter.computeAll();
      assert.equal(((await folded) as EncodeError).message.slice(0, 9), 'element 2');
      const values = pmapIterable(same, mixed)[Symbol.asyncIterator]();
      const seen: unknown[] = [];
      const iterated = rejection(
        (async () => {
          for (;;) {
            const step = await values.next();
            if (step.done === true) return;
            seen.push(step.value);
          }
        })(),
      );
      await submitter.computeAll();
      assert.is(((await iterated) as EncodeError).index, 4);
    }
    const captured = portable(
      () => unsendable,
      () => ({ unsendable: Symbol('x') }),
    );
    const whole = await rejection(pmapSettled(captured as never, upTo(3)));
    assert.instance(whole, EncodeError);
    assert.is('index' in (whole as object), false, 'it is no fault of an element');
  }));

declare const unsendable: unknown;

test('what the policy repeats is repeated for the element that threw, in parts of any size', () =>
  withSubmitter(async (submitter) => {
    for (const parts of ['auto', 1, 2, 6] as const) {
      const policy = { retryErrors: true, maxAttempts: 2 };
      for (const stopOnError of [true, false]) {
        runs.length = 0;
        const values = pmap(flaky, upTo(6), { parts, stopOnError, policy });
        await submitter.computeAll();
        assert.equal(await values, upTo(6));
      }
      runs.length = 0;
      const settled = pmapSettled(flaky, upTo(6), { parts, policy });
      await submitter.computeAll();
      assert.equal(
        await settled,
        upTo(6).map((packet) => ({ status: 'ok', packet })),
      );
      const most = Math.max(...upTo(6).map((n) => runs.filter((run) => run === n).length));
      assert.is(most, 2);

      runs.length = 0;
      const once = pmapSettled(flaky, upTo(6), { parts, policy: { retryErrors: true, maxAttempts: 1 } });
      await submitter.computeAll();
      assert.equal(
        (await once).map(({ status }) => status),
        ['ok', 'ok', 'ok', 'error', 'ok', 'ok'],
      );
    }
  }));

test('a policy that decides about errors is asked about those of elements', () =>
  withSubmitter(async (submitter) => {
    const asked: unknown[] = [];
    const retryErrors = ({ name, message, fields }: TaskError, attempt: number): boolean => {
      asked.push([name, message, fields.seconds, attempt]);
      return fields.seconds === 0;
    };
    runs.length = 0;
    const values = pmap(flaky, upTo(6), { policy: { retryErrors } });
    await submitter.computeAll();
    assert.equal([await values, asked], [upTo(6), [['RangeError', 'not yet', 0, 1]]]);
  }));

test('a final error is not repeated, and the elements beside it are computed', () =>
  withSubmitter(async (submitter) => {
    for (const parts of ['auto', 1, 2] as const) {
      runs.length = 0;
      const settled = pmapSettled(never, upTo(4), { parts, policy: { retryErrors: true } });
      await submitter.computeAll();
      const fates = await settled;
      assert.equal(
        fates.map(({ status }) => status),
        ['ok', 'ok', 'error', 'ok'],
      );
      assert.is((fates[2] as { error: TaskError }).error.index, 2);
      assert.is(runs.filter((n) => n === 2).length, 1);
    }
  }));

test('the error, the signal and the answer of a call each cancel what is open, at once', () =>
  withSubmitter(async (submitter) => {
    const failing = rejection(
      pmap(
        portable((n: number) => {
          if (n === 4) throw new RangeError('four');
          return n;
        }),
        upTo(10),
        { parts: 5 },
      ),
    );
    await turn();
    const tasks = [...submitter.open];
    assert.is(tasks.length, 5);
    await submitter.compute(tasks[2]);
    assert.equal([((await failing) as TaskError).index, submitter.open.size], [4, 0]);

    const controller = new AbortController();
    const stopped = rejection(pmap(square, upTo(10), { parts: 5, signal: controller.signal }));
    await turn();
    await submitter.compute();
    controller.abort('enough');
    assert.equal([await stopped, submitter.open.size], ['enough', 0]);

    const found = pfind(isEven, [1, 3, 2, 4, 6], { parts: 5 });
    await turn();
    const searched = [...submitter.open];
    await submitter.compute(searched[3]);
    assert.equal([submitter.open.size, submitter.open.has(searched[4] as OpenTask)], [3, false]);
    await submitter.computeAll();
    assert.is(await found, 2);
    const lostThenFound = pfind(
      isEven,
      upTo(8).map((n) => n + 1),
      { parts: 2 },
    );
    await turn();
    const [early, later] = [...submitter.open] as [OpenTask, OpenTask];
    await submitter.compute(later);
    await submitter.lose('max-attempts', early);
    await submitter.computeAll();
    assert.is(await lostThenFound, 2, 'pieces before the one that was found are searched');
  }));

test('progress counts each element once, whatever is lost and cut', () =>
  withSubmitter(async (submitter) => {
    const random = generator(31);
    for (const parts of ['auto', 3, 50] as const) {
      const told: number[] = [];
      const settled = pmapSettled(square, [...upTo(40), Symbol('x') as never], {
        parts,
        onProgress: ({ done, total }) => {
          assert.is(total, 41);
          told.push(done);
        },
      });
      await turn();
      while (submitter.open.size > 0) {
        if (random() < 0.1) await submitter.lose();
        else await submitter.compute();
      }
      await settled;
      assert.is(told.at(-1), 41);
      assert.equal(
        told,
        [...new Set(told)].sort((a, b) => a - b),
      );
    }
  }));

test('slaves that join in the middle get parts without waiting for others to end', () =>
  withSubmitter(async (submitter) => {
    submitter.workers = 1;
    const values = pmap(square, upTo(100_000));
    await turn();
    for (let count = 0; count < 4; count++) await submitter.compute();
    assert.ok(submitter.open.size <= 4, `${submitter.open.size} open`);
    submitter.workers = 20;
    const most = submitter.open.size;
    await until('more parts are submitted', () => submitter.open.size > most);
    await submitter.computeAll();
    assert.equal(
      await values,
      upTo(100_000).map((n) => n * n),
    );
  }));

test('an UnrunnableError of several elements is that of each', () =>
  withSubmitter(async (submitter) => {
    const settled = pmapSettled(square, upTo(4), { parts: 2, policy: { maxAttempts: 1 } });
    await turn();
    await submitter.lose();
    await submitter.computeAll();
    const fates = await settled;
    assert.equal(
      fates.map(({ status }) => status),
      ['unrunnable', 'unrunnable', 'ok', 'ok'],
    );
    assert.instance((fates[0] as { error: Error }).error, UnrunnableError);
  }));

test.run();
