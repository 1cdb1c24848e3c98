/** Bodies of messages: text and raw bytes, joined and parted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { decodeBody, encodeBody, RawReader } from '../../../src/wire/messages/body.js';

const isFormatError = (error: unknown): boolean => error instanceof FormatError;

const body = suite('body');

body('has the length of the text in front, big-endian, and the raw bytes behind', () => {
  assert.equal(
    [...encodeBody('["ü"]', [Buffer.from([7]), new Uint8Array([8, 9])])],
    [...[0, 0, 0, 6], ...Buffer.from('["ü"]'), ...[7, 8, 9]],
  );
});

body('comes back as it was', () => {
  for (const value of [
    [],
    ['Task 1'],
    ['ü€😀', '\u0000'],
    Array.from({ length: 1_000 }, (_, i) => [i, `Task ${i}`]),
  ]) {
    const raws = [Buffer.from('abc'), new Uint8Array(), new Uint8Array(100_000).fill(5)];
    const decoded = decodeBody(encodeBody(JSON.stringify(value), raws));
    assert.equal(decoded.value, value);
    const reader = new RawReader(decoded.raw);
    assert.equal(reader.take(undefined), []);
    const first = reader.take([3, 0]).map((raw) => [...raw]);
    assert.equal(first, [[97, 98, 99], []]);
    assert.is(
      reader.take([100_000])[0]?.every((byte) => byte === 5),
      true,
    );
    assert.throws(() => reader.take([1]), isFormatError);
  }
});

body('is read from the middle of a larger buffer', () => {
  const bytes = encodeBody('[1]', [new Uint8Array([5, 6])]);
  const stream = Buffer.concat([Buffer.alloc(7, 255), bytes, Buffer.alloc(7, 255)]);
  const { value, raw } = decodeBody(stream.subarray(7, 7 + bytes.byteLength));
  assert.equal([value, ...raw], [[1], 5, 6]);
});

body('that is cut, too long or no JSON is refused', () => {
  const whole = encodeBody('{"a":1}', []);
  for (let length = 0; length < whole.byteLength; length++) {
    assert.throws(() => decodeBody(whole.subarray(0, length)), isFormatError);
  }
  assert.throws(() => decodeBody(Buffer.from([255, 255, 255, 255, 49])), isFormatError);
  assert.throws(() => decodeBody(encodeBody('{', [])), isFormatError);
  assert.throws(() => decodeBody(encodeBody('', [])), isFormatError);
});

body('hands out no raw parts of impossible lengths', () => {
  for (const lengths of [[-1], [1.5], [Number.NaN], ['1'], [null], [2 ** 40], [4, 5], 'abc', { length: 1 }]) {
    const reader = new RawReader(new Uint8Array(8));
    assert.throws(() => reader.take(lengths as number[]), isFormatError);
  }
});

body.run();
