/** Bounds the output that a slave keeps for a master that does not read it, since its main thread computes. */

import type { Writable } from 'node:stream';

export const MOST_KEPT_BYTES = 8 * 1024 * 1024;

type Done = (error?: Error | null) => void;
type Write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done) => boolean;

/**
 * From now on the stream drops what is written while it keeps more than 8 MB, and says how many writes that were before the
 * next one that it takes.
 */
export function boundOutput(stream: Writable): void {
  const write = stream.write.bind(stream) as Write;
  let dropped = 0;
  const bounded: Write = (chunk, encoding, done) => {
    if (stream.writableLength > MOST_KEPT_BYTES) {
      dropped++;
      const told = typeof encoding === 'function' ? encoding : done;
      if (told !== undefined) process.nextTick(told);
      return false;
    }
    if (dropped > 0) {
      const text = `\n(${dropped} writes left out: the master did not read)\n`;
      dropped = 0;
      write(text);
    }
    return write(chunk, encoding, done);
  };
  stream.write = bounded as typeof stream.write;
}
