/** The header of a frame, byte for byte, and frames that are not ours. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import {
  EpochMark,
  FRAME_KIND,
  type FrameHeader,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from '../../../src/wire/session/frame.js';
import { craft, EPOCH } from './session-pair.js';

const test = suite('wire/frame');

/** Behind kind, flags and epoch. */
const FIRST_POSITION = 31;

const HEADER: FrameHeader = {
  kind: FRAME_KIND.data,
  first: false,
  last: false,
  answer: false,
  number: 0,
  received: 0,
  limit: 0,
  want: 0,
  size: 0,
};

test('it reads back every header that it writes', () => {
  const positions = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
  for (const kind of Object.values(FRAME_KIND)) {
    for (const field of ['number', 'received', 'limit', 'want', 'size'] as const) {
      for (const position of positions) {
        const header = { ...HEADER, kind, [field]: position };
        assert.equal(readHeader(craft(header)), header);
      }
    }
    for (const flag of ['first', 'last', 'answer'] as const) {
      const header = { ...HEADER, kind, [flag]: true };
      assert.equal(readHeader(craft(header)), header);
    }
  }
});

test('it has the layout that both sides agreed on', () => {
  const frame = Buffer.alloc(HEADER_BYTES, 0xee);
  const header = { ...HEADER, kind: FRAME_KIND.grant, first: true, answer: true, number: 1, size: 2 };
  writeHeader(frame, new EpochMark(EPOCH), header);
  assert.is(
    frame.toString('hex'),
    [
      '050505',
      EPOCH.run,
      EPOCH.nonce,
      '00000007',
      '00000000000001',
      '00000000000000'.repeat(3),
      '00000000000002',
    ].join(''),
  );
});

test('it knows the frames of its session from those of any other', () => {
  const epoch = new EpochMark(EPOCH);
  const frame = craft({ number: 3 });
  assert.ok(epoch.isOn(frame));
  assert.ok(epoch.isOn(craft({}, Buffer.from('body'))));
  for (const other of [
    { ...EPOCH, sid: 8 },
    { ...EPOCH, run: 'ff112233445566ff' },
    { ...EPOCH, nonce: '0123456789abcdef0123456789abcdee' },
  ]) {
    assert.not(new EpochMark(other).isOn(frame));
  }
  assert.not(epoch.isOn(frame.subarray(0, HEADER_BYTES - 1)));
  assert.not(epoch.isOn(Buffer.alloc(0)));
  const otherVersion = Buffer.from(frame);
  otherVersion[0] = 1;
  assert.not(epoch.isOn(otherVersion));
});

test('it refuses a frame that is cut short or of no kind', () => {
  for (const length of [0, 1, HEADER_BYTES - 1]) refuses(craft({}).subarray(0, length));
  for (const kind of [0, 6, 255]) {
    const frame = craft({});
    frame[1] = kind;
    refuses(frame);
  }
});

test('it refuses positions that cannot be counted to', () => {
  for (const field of ['number', 'received', 'limit', 'want', 'size'] as const) {
    const frame = craft({ [field]: 2 ** 53 });
    refuses(frame);
    refuses(frame.map((byte, at) => (at < FIRST_POSITION ? byte : 0xff)) as Buffer);
  }
});

function refuses(frame: Buffer): void {
  assert.throws(
    () => readHeader(frame),
    (error: unknown) => error instanceof FormatError,
  );
}

test.run();
