import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../../src/algorithms/portable.js';
import type { SharedContent, SharedValue } from '../../../src/algorithms/shared.js';
import { EncodeError, FormatError, UsageError } from '../../../src/errors.js';
import { expectReaders } from '../../../src/wire/shares/file-readers.js';
import { share } from '../../../src/wire/shares/share.js';
import {
  decodeShare,
  layOutShare,
  openShare,
  piecesOf,
  writeShare,
} from '../../../src/wire/shares/share-body.js';
import {
  decodeText,
  encodeList,
  encodeTemplate,
  encodeValue,
  fillTemplate,
} from '../../../src/wire/values/codec.js';
import { until } from '../../support/programs.js';

const it = suite('share');

const handle = (value: unknown): SharedValue => share(value) as unknown as SharedValue;
const contentOf = (value: unknown): SharedContent => handle(value).content as SharedContent;
const bodyOf = (value: unknown): Buffer => {
  const { read, size } = bind(contentOf(value));
  return Buffer.from(new Uint8Array(read(0, size)).buffer);
};
const bind = (content: SharedContent) => ({
  read: content.read.bind(content),
  size: content.size,
});

it('gives equal values equal keys, and others other ones', () => {
  const one = share({ a: [1, 'x'], b: Float64Array.of(1, 2) });
  assert.is(one.key.length, 43);
  assert.is(share({ a: [1, 'x'], b: Float64Array.of(1, 2) }).key, one.key);
  assert.is.not(share({ a: [1, 'x'], b: Float64Array.of(1, 3) }).key, one.key);
});

/** Parts of all sizes, some of which begin behind a gap. */
const PARTS = [3, 0, 70_001, 8, 65_536, 1, 65_535, 2, 2, 200_000, 5].map((size, index) =>
  new Uint8Array(size).fill(index + 1),
);

it('gives the pieces of a body the bytes and places that they have in the whole', () => {
  const layout = layOutShare(encodeValue({ PARTS, big: new Float64Array(300_000).fill(0.5) }));
  const joined = Buffer.alloc(layout.size);
  let pieces = 0;
  for (const [at, bytes] of piecesOf(layout)) {
    joined.set(bytes, at);
    pieces++;
  }
  assert.is(joined.compare(writeShare(layout)), 0);
  assert.ok(pieces < layout.parts.length, `${pieces} pieces`);
});

const ofFile = process.platform === 'linux' ? it : it.skip;

ofFile('has a large value in a file while a master has readers for it, and in memory otherwise', () => {
  const value = { PARTS, big: new Float64Array(300_000).fill(0.5), text: 'ä' };
  const inMemory = contentOf(value);
  const expectNone = expectReaders();
  const inFile = contentOf(value);
  const small = contentOf({ PARTS });
  expectNone();
  expectNone();
  assert.equal(
    [inMemory, inFile, small, contentOf(value)].map(({ copy }) => copy !== undefined),
    [false, true, false, false],
  );
  assert.is(inFile.key, inMemory.key);
  assert.is(inFile.size, inMemory.size);
  const bytes = inFile.read(0, inFile.size) as Buffer;
  assert.is(bytes.compare(inMemory.read(0, inMemory.size)), 0);
  assert.is((inFile.read(70_000, 90_000) as Buffer).compare(bytes.subarray(70_000, 90_000)), 0);
  assert.equal(inFile.value(), value);
  assert.is(inFile.value(), inFile.value());
  const file = readFileSync(inFile.copy?.path as string);
  assert.is(file.toString('latin1', inFile.size), inFile.copy?.mark);
  assert.is(file.compare(bytes, 0, inFile.size, 0, inFile.size), 0);
});

ofFile('has the file until the handle is released and the last one that held it is through', async () => {
  const expectNone = expectReaders();
  const shared = handle(new Float64Array(300_000));
  expectNone();
  const content = shared.content as SharedContent;
  const isThere = (): boolean => existsSync(content.copy?.path as string);
  content.hold?.();
  shared.release();
  shared.release();
  assert.is(content.read(0, 9).byteLength, 9);
  assert.ok(isThere());
  content.free?.();
  await until('it is closed', () => !isThere());
});

ofFile('frees the file of a handle that the program has dropped without a release', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const expectNone = expectReaders();
  const path = contentOf(new Float64Array(300_000)).copy?.path as string;
  expectNone();
  await until('it is closed', () => {
    collectGarbage();
    return !existsSync(path);
  });
});

it('takes the value as it is now, in memory of its own', () => {
  const data = Float64Array.of(1, 2, 3);
  const body = handle(data);
  data[0] = 9;
  assert.equal(body.content?.value(), Float64Array.of(1, 2, 3));
});

it('lays typed arrays of any kind over its bytes', () => {
  const value = {
    text: 'ä',
    a: Uint8Array.of(1, 2, 3),
    b: Float64Array.of(1.5, 2),
    c: BigInt64Array.of(7n),
    d: Buffer.from('xyz'),
    e: new DataView(Uint8Array.of(1, 2).buffer),
    f: Uint16Array.of(),
    g: Uint8Array.of(4, 5).buffer,
  };
  const body = bodyOf(value);
  const decoded = decodeShare(openShare(body)) as typeof value;
  assert.equal(decoded, value);
  for (const view of [decoded.a, decoded.b, decoded.c, decoded.d, decoded.e]) {
    assert.is(view.buffer, body.buffer);
  }
});

it('carries what arguments do', () => {
  for (const value of [
    undefined,
    null,
    0,
    -0,
    'text',
    [undefined, 1n],
    new Map([[1, new Date(0)]]),
    { a: [] },
  ]) {
    assert.equal(decodeShare(openShare(bodyOf(value))), value);
  }
  const double = decodeShare(openShare(bodyOf(portable((x: number) => x * 2)))) as (x: number) => number;
  assert.is(double(4), 8);
});

it('says what cannot be shared', () => {
  assert.throws(() => share(new Promise(() => {})), isEncodeError);
  assert.throws(() => share(share(1)), isUsageError);
  assert.throws(
    () => share([share(1)]),
    (error: Error) => error instanceof EncodeError && /only arguments/.test(error.message),
  );
});

it('is released by using, and twice', () => {
  const { released } = share(1);
  assert.not(released);
  const one = share(1);
  one[Symbol.dispose]();
  one.release();
  assert.ok(one.released);
});

const arrays = handle(Float64Array.of(1));

it('is an argument at any depth, once for all places', () => {
  const encoded = encodeList([{ a: [arrays] }, arrays, new Map([[1, arrays]])]);
  assert.equal(encoded.shares, [arrays]);
  const value = {};
  const decoded = decodeText(encoded.text, encoded.raws, 'allowed', (key) =>
    key === arrays.key ? value : null,
  );
  assert.equal(decoded, [{ a: [value] }, value, new Map([[1, value]])]);
  const [first, second] = decoded as [{ a: [object] }, object];
  assert.is(first.a[0], value);
  assert.is(second, value);
});

it('is any value, also among others that are met twice', () => {
  const one = { x: 1 };
  const encoded = encodeList([handle(undefined), one, handle('text'), one, arrays, arrays]);
  const values = new Map<string, unknown>([
    [handle(undefined).key, undefined],
    [handle('text').key, 'text'],
    [arrays.key, 7],
  ]);
  const decoded = decodeText(encoded.text, encoded.raws, 'allowed', (key) => values.get(key));
  assert.equal(decoded, [undefined, one, 'text', one, 7, 7]);
});

it('is a capture of a portable function', () => {
  const encoded = encodeList([portable((i: number) => table[i], { table: arrays })]);
  assert.equal(encoded.shares, [arrays]);
  const [fn] = decodeText(encoded.text, [], 'allowed', () => [5, 6]) as [(i: number) => number];
  assert.is(fn(1), 6);
});
declare const table: number[];

it('stays a handle in a template, until its futures have their values', () => {
  const future = {};
  const template = encodeTemplate([arrays, future], (value) => (value === future ? 0 : undefined));
  assert.equal(template.shares, [arrays]);
  assert.is(fillTemplate(template, ['value'])[0], arrays);
});

it('is refused in results, when it was released, and where the receiver knows none', () => {
  assert.throws(
    () => encodeValue([arrays]),
    (error: Error) => error instanceof EncodeError && /\[0\] is a shared value/.test(error.message),
  );
  const gone = handle(2);
  gone.release();
  assert.throws(
    () => encodeList([1, { a: gone }]),
    (error: Error) => error instanceof EncodeError && /\[1\].a .*was released/.test(error.message),
  );
  assert.equal(encodeList([gone], 'all').shares, [gone]);
  const { text } = encodeList([arrays]);
  assert.throws(() => decodeText(text, []), isFormatError);
});

it('costs arguments without one nothing', () => {
  assert.is(encodeList([1, 'x']).shares, undefined);
  assert.is(encodeList([new Map()]).shares, undefined);
});

it('is read in pieces that join to the whole', () => {
  const content = contentOf({ a: Uint8Array.from({ length: 100 }, (_, i) => i), b: 'x' });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.size; at += 7) pieces.push(content.read(at, Math.min(content.size, at + 7)));
  assert.equal(Buffer.concat(pieces), Buffer.from(content.read(0, content.size)));
});

it('is a FormatError when its bytes are any others', () => {
  const body = bodyOf({ a: Uint8Array.of(1, 2, 3), b: [1, 2], c: new Map() });
  for (let at = 0; at < body.length; at++) {
    for (const change of [1, 0x20, 0x80]) {
      const other = Buffer.from(new Uint8Array(body).buffer);
      other.writeUInt8(body.readUInt8(at) ^ change, at);
      for (const bytes of [other, other.subarray(0, at)]) {
        try {
          const opened = openShare(bytes);
          if (opened.file === undefined) decodeShare(opened);
        } catch (error) {
          assert.instance(error, FormatError);
        }
      }
    }
  }
});

it('does not leave its folder by the name of a file', () => {
  for (const name of ['../x', 'a/b', '..', '.', '', 'a\\b', 'x'.repeat(256), 7, null]) {
    const text = JSON.stringify({ file: name });
    const body = Buffer.alloc(4 + text.length);
    body.writeUInt32BE(text.length);
    body.write(text, 4);
    assert.throws(() => openShare(body), isFormatError, String(name));
  }
});

function isEncodeError(error: unknown): boolean {
  return error instanceof EncodeError;
}

function isFormatError(error: unknown): boolean {
  return error instanceof FormatError;
}

function isUsageError(error: unknown): boolean {
  return error instanceof UsageError;
}

it.run();
