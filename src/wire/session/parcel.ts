/** A parcel: one or several whole frames in one payload, since a broker's work is per payload, whatever its size. */

import { FormatError } from '../../errors.js';
import { type EpochMark, FRAME_KIND, type FrameHeader, HEADER_BYTES, readHeader } from './frame.js';

/** The size of small frames together. */
export const PARCEL_BYTES = 32 * 1024;

export interface ParcelFrame {
  readonly header: FrameHeader;
  readonly frame: Buffer;
}

/** Its frames, all of this session; throws FormatError if one is not, or is cut off. */
export function openParcel(payload: Buffer, mark: EpochMark): readonly ParcelFrame[] {
  const frames: ParcelFrame[] = [];
  for (let rest = payload; rest.length > 0; ) {
    if (!mark.isOn(rest)) throw new FormatError('a frame is followed by one of another session');
    const header = readHeader(rest);
    const length = lengthOf(header, rest.length);
    frames.push({ header, frame: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  return frames;
}

/** Bytes of the frame at the head; only one with a whole message may be followed by another. */
export function lengthOf({ kind, first, last, size }: FrameHeader, available: number): number {
  if (kind !== FRAME_KIND.data || !first || !last) return available;
  const length = HEADER_BYTES + size;
  if (length > available) throw new FormatError(`a frame of ${length} bytes came in ${available}`);
  return length;
}
