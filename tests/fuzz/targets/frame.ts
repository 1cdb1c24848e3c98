/** Frames and their headers: a header is refused with a FormatError or is written again as it was read. */
import { FormatError } from '../../../src/errors.js';
import {
  EpochMark,
  FRAME_KIND,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from '../../../src/wire/session/frame.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const epoch = { run: '0011223344556677', nonce: 'ffeeddccbbaa99887766554433221100', sid: 7 };
const mark = new EpochMark(epoch);

function frameOf(kind: keyof typeof FRAME_KIND, flags: boolean, number: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + 8);
  const header = { kind: FRAME_KIND[kind], first: flags, last: flags, answer: !flags, number };
  writeHeader(frame, mark, { ...header, received: 3, limit: 2 ** 40, want: 9, size: 8 });
  return frame;
}

export const frameTarget: FuzzTarget = {
  name: 'frame',
  seeds: () => [
    frameOf('data', true, 1),
    frameOf('position', false, 5),
    frameOf('ask', false, 2 ** 53 - 1),
    Buffer.alloc(0),
    Buffer.alloc(HEADER_BYTES - 1, 1),
  ],
  dictionary: ['\x01\x01\x03', '\x00\x00\x00\x07'],
  mostBytes: 512,
  run(input) {
    const isOurs = mark.isOn(input);
    try {
      const header = readHeader(input);
      const again = Buffer.from(input);
      writeHeader(again, mark, header);
      const read = readHeader(again);
      for (const key of Object.keys(header) as (keyof typeof header)[]) {
        if (!Object.is(header[key] || 0, read[key] || 0)) throw new Error(`${key} became ${read[key]}`);
      }
      if (!mark.isOn(again)) throw new Error('a frame written for a session is not of it');
      return `${isOurs} ${header.kind} ${header.first} ${header.last} ${header.answer}`;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return `${isOurs} ${wayOf(error)}`;
    }
  },
};
