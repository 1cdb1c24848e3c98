/** The bytes of a stored result: there and back, and what is not stored. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeStoredResult, encodeStoredResult } from '../../../src/master/checkpoint/stored-result.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { encodeBody } from '../../../src/wire/messages/body.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { createEntry, createTask } from '../parts.js';

const stored = suite('stored result');

stored('comes back with its packet and its time', () => {
  const [json, meta] = JSON.parse(`[${encodeValue(new Set([1, 2])).text}]`) as [unknown, unknown];
  const body = encodeStoredResult(3, [7, 2, 0, 1_500_000, json, meta], []);
  const bytes = encodeBody(body?.text ?? '', body?.raws ?? []);
  const fate = decodeStoredResult(createTask(7, createEntry()), bytes);
  assert.equal([fate.status, fate.packet, fate.computeTime], ['ok', new Set([1, 2]), 1.5]);
});

stored('keeps empty binaries apart from none', () => {
  const { text, raws } = encodeValue([Buffer.alloc(0), new Float64Array(0)]);
  const [json, meta, lengths] = JSON.parse(`[${text}]`) as [unknown, unknown, number[]];
  const body = encodeStoredResult(3, [7, 1, 0, 5, json, meta, lengths], raws);
  const fate = decodeStoredResult(
    createTask(7, createEntry()),
    encodeBody(body?.text ?? '', body?.raws ?? []),
  );
  assert.equal([fate.status, fate.packet], ['ok', [Buffer.alloc(0), new Float64Array(0)]]);
});

stored('is none where its packet is nested too deep to be written', () => {
  const levels = 100_000;
  const json: unknown = JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  assert.is(encodeStoredResult(3, [7, 1, 0, 5, json], []), undefined);
});

stored('has the session and the attempt of its run, and the length of its bytes', () => {
  const task = createTask(7, createEntry());
  const body = encodeStoredResult(3, [7, 4, 0, 250_000, 'x'], []);
  assert.is(body?.text, '[3,4,250000,"x"]');
  const bytes = encodeBody(body?.text ?? '', []);
  const fate = decodeStoredResult(task, bytes);
  assert.equal([fate.sid, fate.attempts, fate.computeTime, fate.packet], ['SLAVE-3', 4, 0.25, 'x']);
  assert.is(TaskFate.bytesOf(fate), bytes.length);
});

for (const [what, text] of [
  ['no list', '{}'],
  ['a list that is too short', '[3,1,5]'],
  ['a session that is no number', '["3",1,5,"x"]'],
  ['a time that is no whole number', '[3,1,0.5,"x"]'],
] as const) {
  stored(`is an error of its task where it is ${what}`, () => {
    const fate = decodeStoredResult(createTask(7, createEntry()), encodeBody(text, []));
    assert.equal([fate.status, fate.error?.message], ['error', 'a stored result is malformed']);
  });
}

stored.run();
