/** Drawing from a source: as fast as there is room, to its end, and what happens when something fails. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawAll, type Items } from '../../../src/master/program/draw-all.js';

const test = suite('master/draw-all');

/** A master of which only the number of pending tasks matters. */
class Room {
  pending = 0;
  most = 0;
  readonly over = new AbortController();
  readonly drawn: unknown[] = [];
  readonly #target: number;

  constructor(target: number) {
    this.#target = target;
  }

  draw<T>(items: Items<T>, submit: (item: T) => unknown = () => undefined): Promise<boolean> {
    return drawAll({
      items,
      submit: (item) => {
        this.drawn.push(item);
        this.pending++;
        this.most = Math.max(this.most, this.pending);
        return submit(item);
      },
      hasRoom: (unfinished) => Math.max(this.pending, unfinished) < this.#target,
      // Wakeups is that all that was pending is done.
      news: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        this.pending = 0;
      },
      onFinished: () => {},
      signal: this.over.signal,
    });
  }
}

class Source implements Iterable<number> {
  closed = 0;
  *[Symbol.iterator](): Generator<number> {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      this.closed++;
    }
  }
}

async function* slowly<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

const list = (length: number): number[] => Array.from({ length }, (_, n) => n);

for (const [kind, wrap] of [
  ['an iterable', (items: number[]) => items],
  ['an async iterable', (items: number[]) => slowly(items)],
] as const) {
  test(`it draws all of ${kind} in its order, and never more than there is room for`, async () => {
    const room = new Room(7);
    await room.draw(wrap(list(100)));
    assert.equal(room.drawn, list(100));
    assert.is(room.most, 7);
  });
}

test('it draws the characters of a text', async () => {
  const room = new Room(2);
  await room.draw('texts');
  assert.equal(room.drawn, [...'texts']);
});

test('it waits for what the function returns, and has no more of that under way than there is room for', async () => {
  const room = new Room(3);
  let underWay = 0;
  let most = 0;
  let ended = 0;
  await room.draw(list(20), async () => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    ended++;
  });
  assert.equal([most, ended], [3, 20]);
});

test('what the source throws comes out, and what was drawn before stands', async () => {
  const room = new Room(100);
  const items = function* (): Generator<number> {
    yield* [0, 1];
    throw new RangeError('no more');
  };
  const error = await room.draw(items()).catch((error: unknown) => error);
  assert.instance(error, RangeError);
  assert.equal(room.drawn, [0, 1]);
});

for (const [how, submit] of [
  ['throws', () => assert.unreachable('three')],
  ['rejects', () => Promise.reject(new Error('three'))],
] as const) {
  test(`when the function ${how} the drawing ends and closes its source`, async () => {
    const room = new Room(5);
    const source = new Source();
    const error = await room
      .draw(source, (n) => (n === 3 ? submit() : undefined))
      .catch((error: unknown) => error);
    assert.match(String(error), 'three');
    assert.is(source.closed, 1);
  });
}

test('a drawing that nobody wants any more ends and closes its source', async () => {
  const room = new Room(5);
  const source = new Source();
  await room.draw(source, (n) => {
    if (n === 12) room.over.abort();
  });
  assert.equal([room.drawn.length, source.closed], [13, 1]);
});

for (const heeds of [true, false]) {
  test(`a source that is waited for when nobody wants more is closed${heeds ? '' : ', if it can be'}`, async () => {
    const room = new Room(5);
    let closed = 0;
    let stopWaiting = (): void => {};
    const waits = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });
    const items: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          await waits;
          return { done: heeds, value: 1 };
        },
        return: async () => {
          closed++;
          if (heeds) stopWaiting();
          return { done: true, value: undefined };
        },
      }),
    };
    const drawn = room.draw(items);
    await new Promise((resolve) => setImmediate(resolve));
    room.over.abort();
    assert.is(closed, 1, 'at once');
    stopWaiting();
    assert.is(await drawn, false);
    assert.equal(room.drawn, []);
  });
}

test.run();
