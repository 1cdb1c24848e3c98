/** The checksum of stored results: zlib's CRC-32. It also works where Node's zlib has none (before 20.15). */
import * as zlib from 'node:zlib';

const { crc32: fast } = zlib as { readonly crc32?: (bytes: Uint8Array, before: number) => number };

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** Continues from the checksum of the bytes before; 0 if there are none. */
export const crc32 = fast ?? slowCrc32;

export function slowCrc32(bytes: Uint8Array, before: number): number {
  let rest = ~before;
  for (const byte of bytes) rest = (TABLE[(rest ^ byte) & 255] as number) ^ (rest >>> 8);
  return ~rest >>> 0;
}
