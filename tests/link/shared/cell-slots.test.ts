/** The memory of cells: what one thread writes another reads whole, and in the order of the versions. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CellSlots } from '../../../src/link/shared/cell-slots.js';

const test = suite('cell slots');

function views(size: number): [writer: CellSlots, reader: CellSlots] {
  const writer = new CellSlots(size);
  return [writer, new CellSlots(writer.buffer)];
}

test('a slot has nothing until it is written, and then the newest text', () => {
  const [writer, reader] = views(3);
  assert.is(reader.size, 3);
  assert.is(reader.read(1), undefined);
  assert.is(reader.versionOf(1), 0);
  writer.write(1, { version: 5, text: '"é\u{1f600}"' });
  assert.equal(reader.read(1), { version: 5, text: '"é\u{1f600}"' });
  writer.write(1, { version: 2 ** 50, text: '' });
  assert.equal(reader.read(1), { version: 2 ** 50, text: '' });
  assert.is(reader.versionOf(1), 2 ** 50);
  assert.is(reader.read(0), undefined);
  assert.is(reader.read(2), undefined);
});

test('the largest text keeps to its slot', () => {
  const [writer, reader] = views(3);
  for (const at of [0, 2]) writer.write(at, { version: 1, text: 'beside' });
  const text = 'x'.repeat(4_096);
  writer.write(1, { version: 2, text });
  assert.equal(reader.read(1), { version: 2, text });
  for (const at of [0, 2]) assert.equal(reader.read(at), { version: 1, text: 'beside' });
});

test('news change with every write and announcement, and only then', () => {
  const [writer, reader] = views(1);
  const { news } = reader;
  assert.is(reader.news, news);
  writer.write(0, { version: 1, text: '1' });
  const after = reader.news;
  assert.is.not(after, news);
  reader.announce();
  assert.is.not(reader.news, after);
});

test('its reader is woken once for all that is written before it reads', () => {
  const [writer, reader] = views(2);
  assert.is(writer.write(0, { version: 1, text: '1' }), true);
  assert.is(writer.write(1, { version: 2, text: '2' }), false);
  reader.beginReading();
  assert.is(writer.write(0, { version: 3, text: '3' }), true);
});

test('its writer learns which version has arrived', () => {
  const [writer, reader] = views(1);
  assert.is(writer.isTaken(0, 0), true);
  reader.take(0, 7);
  assert.is(writer.isTaken(0, 7), true);
  assert.is(writer.isTaken(0, 8), false);
  reader.take(0, 2 ** 33 + 1);
  assert.is(writer.isTaken(0, 2 ** 33 + 1), true);
});

test('a reader does not wait for a writer that is stopped in the middle', () => {
  const [writer, reader] = views(1);
  writer.write(0, { version: 1, text: '1' });
  // The first word of the slot behind the header
  Atomics.add(new Int32Array(writer.buffer), 2, 1);
  assert.is(reader.read(0), undefined);
  assert.is(reader.versionOf(0), 0);
});

test('a text that is written meanwhile is read whole, and none after a later one', async () => {
  const slots = new CellSlots(2);
  const worker = new Worker(new URL('./cell-slots-rival.js', import.meta.url), { workerData: slots.buffer });
  await once(worker, 'message');
  const rounds = 5_000;
  const last = [0, 0];
  let reads = 0;
  while ((last[0] ?? 0) < rounds) {
    const at = reads++ % 2;
    const found = slots.read(at);
    if (found === undefined) continue;
    assert.ok(found.version >= (last[at] ?? 0), `version ${found.version} after ${last[at]}`);
    last[at] = found.version;
    assert.is(found.text, String(found.version % 10).repeat(1 + (found.version % 4_000)));
  }
  await worker.terminate();
});

test.run();
