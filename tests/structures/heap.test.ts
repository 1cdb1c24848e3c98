/** The heap against a sorted array, through every order of pushing and shifting. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Heap } from '../../src/structures/heap.js';
import { generator } from '../support/random.js';

const test = suite('structures/heap');

test('it gives the first of all that it holds, whatever the order of the calls', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = generator(seed);
    const heap = new Heap<number>((a, b) => a < b);
    const sorted: number[] = [];
    for (let step = 0; step < 300; step++) {
      if (random() < (Math.sin(step / 40) > 0 ? 0.7 : 0.3)) {
        // Few values, so that equals meet too.
        const value = Math.floor(random() * 50);
        heap.push(value);
        sorted.push(value);
        sorted.sort((a, b) => a - b);
      } else {
        assert.is(heap.shift(), sorted.shift(), `seed ${seed}`);
      }
      assert.is(heap.size, sorted.length);
      assert.is(heap.first, sorted[0], `seed ${seed}`);
      assert.equal(
        [...heap].sort((a, b) => a - b),
        sorted,
      );
    }
  }
});

test('it gives nothing when it is empty, and can be used again', () => {
  const heap = new Heap<string>((a, b) => a < b);
  assert.is(heap.first, undefined);
  assert.is(heap.shift(), undefined);
  assert.is(heap.size, 0);
  heap.push('a');
  assert.is(heap.shift(), 'a');
  assert.is(heap.shift(), undefined);
  assert.is(heap.size, 0);
});

test('it goes by the order that it was given, at a cost that grows with the logarithm', () => {
  let asked = 0;
  const heap = new Heap<number>((a, b) => {
    asked++;
    return a > b;
  });
  const count = 4_096;
  for (let value = 0; value < count; value++) heap.push((value * 2_654_435_761) % count);
  const taken = Array.from({ length: count }, () => heap.shift() as number);
  assert.equal(
    taken,
    Array.from({ length: count }, (_, index) => count - 1 - index),
  );
  assert.ok(asked < 3 * count * Math.log2(count), `${asked} comparisons`);
});

test.run();
