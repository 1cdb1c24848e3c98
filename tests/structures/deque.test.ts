/** The deque against a plain array, and what it must not keep alive. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Deque } from '../../src/structures/deque.js';
import { createRandom } from '../wire/session/session-pair.js';

const test = suite('wire/deque');

test('it does what an array does, whatever the order of the calls', () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = createRandom(seed);
    const deque = new Deque<number>();
    const array: number[] = [];
    for (let step = 0; step < 4_000; step++) {
      // Slow waves of filling and draining cross blocks of every size, at every place in them.
      const filling = Math.sin(step / 300) > 0 ? 0.7 : 0.3;
      const front = random() < 0.5;
      if (random() < filling) {
        if (front) deque.unshift(step);
        else deque.push(step);
        if (front) array.unshift(step);
        else array.push(step);
      } else {
        assert.is(front ? deque.shift() : deque.pop(), front ? array.shift() : array.pop(), `seed ${seed}`);
      }
      assert.is(deque.length, array.length);
      const index = Math.floor(random() * (array.length + 2)) - 1;
      assert.is(deque.at(index), index < 0 ? undefined : array[index], `seed ${seed}`);
      if (step % 50 !== 0 || array.length === 0) continue;
      const place = index % array.length;
      const item = array.at(place) as number;
      const found = array.indexOf(item);
      assert.is(deque.indexOf(item, found), found, `seed ${seed}`);
      if (found > 0) assert.is(deque.indexOf(item, found - 1), undefined, `seed ${seed}`);
      assert.is(deque.indexOf(-1, array.length), undefined);
    }
    assert.equal([...deque], array);
  }
});

test('it gives nothing when empty, again and again', () => {
  const deque = new Deque<string>();
  assert.is(deque.shift(), undefined);
  assert.is(deque.pop(), undefined);
  assert.is(deque.at(0), undefined);
  assert.is(deque.length, 0);
  deque.push('a');
  assert.is(deque.pop(), 'a');
  assert.is(deque.length, 0);
});

test('it is empty and usable after clear', () => {
  const deque = new Deque<number>();
  for (let index = 0; index < 100; index++) deque.unshift(index);
  deque.clear();
  assert.equal([...deque], []);
  deque.push(1);
  assert.equal([...deque], [1]);
});

test('it keeps undefined apart from nothing', () => {
  const deque = new Deque<number | undefined>();
  deque.push(undefined);
  assert.is(deque.length, 1);
  assert.is(deque.shift(), undefined);
  assert.is(deque.length, 0);
});

test('it takes an item out of the middle, wherever its first block begins', () => {
  for (let turn = 0; turn < 8; turn++) {
    for (let at = 0; at < 6; at++) {
      const deque = new Deque<number>();
      for (let index = 0; index < turn; index++) deque.push(-1);
      for (let index = 0; index < turn; index++) deque.shift();
      for (let item = 0; item < 6; item++) deque.push(item);
      assert.ok(deque.remove(at));
      assert.not(deque.remove(at));
      deque.push(6);
      assert.equal(
        [...deque],
        [0, 1, 2, 3, 4, 5, 6].filter((item) => item !== at),
      );
    }
  }
  assert.not(new Deque<number>().remove(1));
});

test.run();
