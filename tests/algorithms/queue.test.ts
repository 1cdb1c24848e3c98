/** Queues as values: equal ones are the same, wrong ones are refused, and names that nobody uses are forgotten. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY, resolvePolicy } from '../../src/algorithms/policy.js';
import { makeQueue, type QueueOptions, TaskQueue } from '../../src/algorithms/queue.js';
import { UsageError } from '../../src/errors.js';
import { until } from '../support/programs.js';

const test = suite('queue');

test('it has what it was made with', () => {
  const queue = makeQueue('all', { limit: 4, perSecond: 0.5, weight: 3 });
  assert.equal({ ...queue }, { name: 'all', limit: 4, perSecond: 0.5, weight: 3 });
  assert.ok(Object.isFrozen(queue) && TaskQueue.is(queue));
  assert.equal({ ...makeQueue('none') }, { name: 'none', limit: undefined, perSecond: undefined, weight: 1 });
});

test('the same name with the same options is the same queue', () => {
  const queue = makeQueue('same', { limit: 2 });
  assert.is(makeQueue('same', { limit: 2, weight: 1, perSecond: undefined }), queue);
});

const different: QueueOptions[] = [{}, { limit: 3 }, { limit: 2, perSecond: 1 }, { limit: 2, weight: 2 }];

for (const options of different) {
  test(`the same name with other options is refused: ${JSON.stringify(options)}`, () => {
    const queue = makeQueue('different', { limit: 2 });
    assert.throws(
      () => makeQueue('different', options),
      (error: unknown) =>
        error instanceof UsageError &&
        /queue "different" is there already, with limit 2, .*; give one of them another name/.test(
          error.message,
        ),
    );
    assert.is(queue.limit, 2);
  });
}

const refusals: [unknown, unknown, RegExp][] = [
  ['', {}, /the name of a queue is a string of 1 to 1000 characters; got one of 0/],
  ['x'.repeat(1_001), {}, /got one of 1001/],
  [7, {}, /got number/],
  [' ', {}, /the name " " of a queue is blank/],
  ['a\0b', {}, /the name "a\\u0000b" of a queue has the character U\+0000/],
  ['q', null, /options of queue "q" are an object of limit, perSecond, weight; got null/],
  ['q', [], /options of queue "q"/],
  ['q', { rate: 1 }, /queue "q" has no option "rate"; it may have limit, perSecond, weight/],
  ['q', { limit: 0 }, /limit of queue "q" is a whole number from 1; got 0/],
  ['q', { limit: 1.5 }, /got 1\.5/],
  ['q', { limit: '4' }, /got "4"/],
  ['q', { limit: Number.POSITIVE_INFINITY }, /got Infinity/],
  [
    'q',
    { perSecond: 0 },
    /perSecond of queue "q" is a whole number from 1 to 100000, or .* 0.001 to 1; got 0/,
  ],
  ['q', { perSecond: 2.5 }, /got 2\.5/],
  ['q', { perSecond: 100_001 }, /got 100001/],
  ['q', { perSecond: Number.NaN }, /got NaN/],
  ['q', { perSecond: '10' }, /got "10"/],
  ['q', { weight: 0 }, /weight of queue "q" is from 0.001 to 1000; got 0/],
  ['q', { weight: 1_001 }, /got 1001/],
  ['q', { weight: null }, /got null/],
];

for (const [name, options, pattern] of refusals) {
  test(`it refuses what is wrong: ${pattern}`, () => {
    assert.throws(
      () => makeQueue(name as string, options as QueueOptions),
      (error: unknown) => error instanceof UsageError && pattern.test(error.message),
    );
  });
}

test('a policy takes it, and nothing like it', () => {
  const queue = makeQueue('policy', { limit: 1 });
  assert.is(resolvePolicy({ queue }).queue, queue);
  assert.is(resolvePolicy({}, resolvePolicy({ queue })).queue, queue);
  assert.is(DEFAULT_POLICY.queue, undefined);
  for (const wrong of ['policy', { ...queue }, null, makeQueue]) {
    assert.throws(
      () => resolvePolicy({ queue: wrong as unknown as TaskQueue }),
      /queue is the return value of makeQueue; got/,
    );
  }
});

test('a policy has a sid or a queue', () => {
  const queue = makeQueue('ordered');
  const message = /a sid or a queue, not both; it has "SLAVE-1" and queue "ordered"/;
  assert.throws(() => resolvePolicy({ sid: 'SLAVE-1', queue }), message);
  assert.throws(() => resolvePolicy({ sid: 'SLAVE-1' }, resolvePolicy({ queue })), message);
});

test('names that no policy uses any more are forgotten', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const name = (n: number): string => `host-${n}.${'x'.repeat(400)}`;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const kept = makeQueue(name(7), { limit: 7 });
  for (let n = 8; n < 20_000; n++) makeQueue(name(n), { limit: 7 });
  // Weak references hold until the turn has ended, and names until the collector has told of their queues
  await until('at most 3 of 8 MB of names are kept', () => heap() - before < 3e6);
  assert.is(makeQueue(name(7), { limit: 7 }), kept);
  assert.is(makeQueue(name(8), { limit: 8 }).limit, 8);
});

test.run();
