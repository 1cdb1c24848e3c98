/** Results on their way into one message. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResultBatch } from '../../../src/slave/core/result-batch.js';
import { RESULT_STATUS } from '../../../src/wire/messages/entries.js';
import { GroupText } from '../../../src/wire/messages/group-text.js';

const MOST_BYTES = 255 * 1024;

const batch = suite('slave/result-batch');

const sized = (byteLength: number, text = '0', raws: readonly Uint8Array[] = []) => ({
  text,
  raws: [...raws],
  byteLength,
});

/** A batch of `count` results, which came at the time 100 and later. */
function batchOf(count: number, byteLength = 1): ResultBatch {
  const batch = new ResultBatch(new GroupText(), 1, 100);
  for (let number = 0; number < count; number++)
    batch.add(number, 1, RESULT_STATUS.packet, 5, sized(byteLength));
  return batch;
}

batch('it takes more binaries than arguments fit a call', () => {
  const raws = new Array<Uint8Array>(300_000).fill(new Uint8Array(0));
  const full = new ResultBatch(new GroupText(), 1, 0);
  full.add(1, 1, RESULT_STATUS.packet, 5, { text: '0', raws, byteLength: 1 });
  assert.is(full.body(false).raws.length, raws.length);
});

batch('its body has the session, whether tasks are left, and all results and binaries in their order', () => {
  const [one, two, three] = [1, 2, 3].map((byte) => Uint8Array.of(byte)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const some = new ResultBatch(new GroupText(), 7, 0);
  assert.is(some.count, 0);
  some.add(10, 1, RESULT_STATUS.packet, 5, sized(9, '"a"', [one, two]));
  some.add(11, 2, RESULT_STATUS.error, 6, sized(9, '"b"'));
  some.add(12, 3, RESULT_STATUS.packet, 7, sized(9, '"c"', [three]));
  assert.is(some.count, 3);
  const { text, raws } = some.body(true);
  assert.is(String(text), '[7,1,[[10,1,0,5,"a"],[11,2,1,6,"b"],[12,3,0,7,"c"]]]');
  assert.equal(raws, [one, two, three]);
  assert.match(String(batchOf(1).body(false).text), /^\[1,0,/);
  assert.equal(batchOf(1).body(false).raws, []);
});

batch('one value always fits, and others up to the size of a message', () => {
  const empty = new ResultBatch(new GroupText(), 1, 0);
  assert.ok(empty.fits(sized(10 * MOST_BYTES)));
  const some = batchOf(1, 1_000);
  assert.ok(some.fits(sized(MOST_BYTES - 1_000)));
  assert.not(some.fits(sized(MOST_BYTES - 999)));
  const more = batchOf(2, 1_000);
  assert.ok(more.fits(sized(MOST_BYTES - 2_000)));
  assert.not(more.fits(sized(MOST_BYTES - 1_999)));
});

batch('an exact grouping waits for just so many results, however long', () => {
  assert.not(batchOf(2).isFull(3, true, 1e9));
  assert.ok(batchOf(3).isFull(3, false, 100));
  assert.ok(batchOf(1).isFull(1, false, 100));
  assert.not(batchOf(1_000).isFull(1_001, true, 100));
});

batch('auto ends a message with its group, after 1000 results, or after 50 ms', () => {
  assert.not(batchOf(1).isFull(0, false, 149));
  assert.ok(batchOf(1).isFull(0, true, 100));
  assert.ok(batchOf(1).isFull(0, false, 150));
  assert.not(batchOf(999).isFull(0, false, 100));
  assert.ok(batchOf(1_000).isFull(0, false, 100));
});

batch('enough bytes fill a message, whatever the grouping', () => {
  for (const grouping of [0, 5]) {
    assert.not(batchOf(1, MOST_BYTES - 1).isFull(grouping, false, 100));
    assert.ok(batchOf(1, MOST_BYTES).isFull(grouping, false, 100));
  }
});

batch.run();
