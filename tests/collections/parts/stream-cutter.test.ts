/** `StreamCutter`: every element of a source in one part, in order, within its window. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Part } from '../../../src/collections/parts/part-cutter.js';
import { StreamCutter, type StreamCutterParams } from '../../../src/collections/parts/stream-cutter.js';
import { generator } from '../../support/random.js';

const test = suite('collections/parts/stream-cutter');

/** A cutter over numbers from 0 on, of which it says how many were drawn. */
function overNumbers(length: number, params: Partial<StreamCutterParams> = {}) {
  const source = { drawn: 0 };
  const cutter = new StreamCutter({
    isAwaited: false,
    keepsResults: false,
    window: 100,
    mostSize: Number.POSITIVE_INFINITY,
    draw: (into) => {
      if (source.drawn === length) return false;
      into.push(source.drawn++);
      return true;
    },
    clock: () => 0,
    ...params,
  });
  return { cutter, source };
}

const sizeOf = ({ start, end }: Part): number => end - start;

test('all elements are cut, computed and delivered, whatever the order of both', () => {
  const random = generator(17);
  for (const length of [0, 1, 2, 5, 99, 100, 101, 1_000]) {
    for (const window of [1, 2, 3, 7, 100]) {
      for (const keepsResults of [false, true]) {
        const { cutter, source } = overNumbers(length, { window, keepsResults });
        const open: Part[] = [];
        const waiting: number[] = [];
        const elements: unknown[] = [];
        let delivered = 0;
        for (let idle = 0; !(cutter.isEmpty && open.length === 0); idle++) {
          assert.ok(idle < 50, `it stands still at ${elements.length} of ${length}`);
          for (let part = cutter.next(2, 0); part !== undefined; part = cutter.next(2, 0)) {
            assert.is(part.start, elements.length);
            elements.push(...cutter.elementsOf(part));
            open.push(part);
            idle = 0;
          }
          assert.ok(source.drawn - delivered <= window, `${source.drawn} drawn, ${delivered} delivered`);
          const [part] = open.splice(Math.floor(random() * open.length), 1);
          if (part !== undefined) {
            cutter.done(part, random() < 0.2 ? undefined : random());
            cutter.forget(part);
            waiting.push(sizeOf(part));
            idle = 0;
          }
          while (waiting.length > 0 && (part === undefined || random() < 0.5)) {
            const count = waiting.shift() as number;
            cutter.deliver(count);
            delivered += count;
            idle = 0;
          }
        }
        assert.equal(
          elements,
          Array.from({ length }, (_, n) => n),
          `${length} by ${window}`,
        );
      }
    }
  }
});

test('with a checkpoint the sizes depend on the number of parts alone', () => {
  const random = generator(19);
  const sizes = (window: number): number[] => {
    const { cutter } = overNumbers(25_000, { window, keepsResults: true });
    const cut: number[] = [];
    while (!cutter.isEmpty) {
      const part = cutter.next(1 + Math.floor(random() * 5), 0);
      if (part === undefined) break;
      cut.push(sizeOf(part));
      cutter.done(part, random() * 1_000);
      cutter.deliver(sizeOf(part));
    }
    return cut;
  };
  const first = sizes(10_000);
  assert.equal([first.slice(0, 100), first[100], first[199], first[200]], [Array(100).fill(1), 10, 10, 100]);
  assert.is(Math.max(...first), 100);
  assert.equal(sizes(10_000), first);
  // A part is at most a quarter of the window
  assert.is(Math.max(...sizes(80)), 20);
  assert.is(Math.max(...sizes(3)), 1);
});

test('with a checkpoint each element of an awaited source is a part: none waits for one that may depend on it', () => {
  const { cutter } = overNumbers(0, { isAwaited: true, window: 10_000, keepsResults: true });
  for (let n = 0; n < 1_500; n++) {
    cutter.add(n);
    const part = cutter.next(1, 0) as Part;
    assert.equal(part, { start: n, end: n + 1 });
    cutter.done(part, 0.001);
    cutter.deliver(1);
  }
});

test('a source that is slow gives up its turn, but not with a checkpoint', () => {
  for (const [keepsResults, sizes] of [
    [false, [1, 16, 16, 16, 16]],
    [true, [1, 10, 100, 100, 100]],
  ] as const) {
    let now = 0;
    const clock = (): number => {
      now += 6;
      return now;
    };
    const { cutter } = overNumbers(100_000, { window: 1_000, keepsResults, clock });
    const cut: number[] = [];
    for (let count = 0; count < 500; count++) {
      const part = cutter.next(1, 0) as Part;
      cut.push(sizeOf(part));
      cutter.done(part, 0.001);
      cutter.deliver(sizeOf(part));
    }
    assert.equal(keepsResults ? [0, 100, 200, 300, 499].map((n) => cut[n]) : cut.slice(0, 5), sizes);
  }
});

test('what an awaited source has is cut short only while a slave would idle', () => {
  const { cutter } = overNumbers(0, { isAwaited: true, window: 400 });
  assert.is(cutter.next(1, 0), undefined, 'nothing has come');
  cutter.add('a');
  const first = cutter.next(1, 0) as Part;
  assert.equal(first, { start: 0, end: 1 });
  cutter.done(first, 0.01);
  cutter.add('b');
  cutter.add('c');
  const second = cutter.next(1, 0) as Part;
  assert.equal([second, cutter.elementsOf(second)], [{ start: 1, end: 3 }, ['b', 'c']]);
  cutter.add('d');
  assert.is(cutter.next(1, 0), undefined, 'the slave has one, and a longer part may come');
  assert.ok(cutter.next(2, 0), 'a second slave idles');
  cutter.add('e');
  assert.is(cutter.next(2, 0), undefined);
  cutter.end();
  assert.is(cutter.isEmpty, false);
  assert.is(cutter.next(2, 0), undefined, 'each slave has one');
  cutter.done(second, 0.02);
  assert.equal(cutter.next(2, 0), { start: 4, end: 5 }, 'nothing longer comes');
  assert.is(cutter.isEmpty, true);
  assert.is(cutter.next(2, 0), undefined);
});

test('an awaited source has room for its window, less what is drawn and not delivered', () => {
  const { cutter } = overNumbers(0, { isAwaited: true, window: 3 });
  assert.is(cutter.room, 3);
  cutter.add(1);
  cutter.add(2);
  assert.is(cutter.room, 1);
  const part = cutter.next(1, 0) as Part;
  assert.equal([part, cutter.room], [{ start: 0, end: 1 }, 1]);
  cutter.done(part, 1);
  assert.is(cutter.room, 1, 'computed is not delivered');
  cutter.deliver(1);
  assert.is(cutter.room, 2);
});

test('elements are kept until each piece of their part is forgotten', () => {
  const { cutter } = overNumbers(9, { isAwaited: true, window: 400 });
  const first = (() => {
    cutter.add(0);
    return cutter.next(1, 0) as Part;
  })();
  cutter.done(first, 0.01);
  for (let n = 1; n < 7; n++) cutter.add(n);
  const part = cutter.next(1, 0) as Part;
  assert.equal(part, { start: 1, end: 7 });
  assert.equal(cutter.elementsOf({ start: 1, end: 4 }), [1, 2, 3]);
  assert.equal(cutter.elementsOf({ start: 4, end: 7 }), [4, 5, 6]);
  assert.equal(cutter.elementsOf({ start: 5, end: 6 }), [5]);
  cutter.forget({ start: 1, end: 4 });
  assert.equal(cutter.elementsOf({ start: 6, end: 7 }), [6]);
  cutter.forget({ start: 6, end: 7 });
  cutter.forget({ start: 4, end: 6 });
  assert.throws(() => cutter.elementsOf({ start: 4, end: 5 }), /no elements from 4 to 5/);
  assert.equal(cutter.elementsOf(first), [0]);
});

test('a limit holds for later parts', () => {
  const { cutter } = overNumbers(1_000, { window: 400 });
  const first = cutter.next(1, 0) as Part;
  cutter.done(first, 0.001);
  assert.is(sizeOf(cutter.next(1, 0) as Part), 64);
  cutter.limit(3);
  assert.is(sizeOf(cutter.next(1, 0) as Part), 3);
});

test.run();
