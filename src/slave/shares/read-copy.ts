/** Reads a file of this machine that has the bytes of a shared value, while the main thread goes on. */

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { CopyReader } from './shared-entry.js';

/** Looked at together: the main thread hashes them, where it must, in about a millisecond. */
const STEP_BYTES = 1024 * 1024;
/** Steps under way: half of the time of each goes to memory that the process has not had before, on any core. */
const STEPS_AHEAD = 2;

/** Before its mark it must have just as many bytes as there is room; else, and after any error, it is not taken for a copy. */
export const readCopy: CopyReader = ({ path, mark = '' }, room, { onRead, onEnd }) => {
  let isStopped = false;
  const read = async (): Promise<boolean> => {
    // A pipe would have it wait for a writer
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size !== room.byteLength + mark.length) return false;
      if (!(await endsWith(file, mark, room.byteLength))) return false;
      const steps: Promise<Uint8Array | undefined>[] = [];
      try {
        for (let at = 0; at < room.byteLength || steps.length > 0; at += STEP_BYTES) {
          if (at < room.byteLength) steps.push(readStep(file, room.subarray(at, at + STEP_BYTES), at));
          if (steps.length < STEPS_AHEAD && at + STEP_BYTES < room.byteLength) continue;
          const bytes = await steps.shift();
          if (bytes === undefined || isStopped) return false;
          onRead(bytes);
        }
        return true;
      } finally {
        await Promise.allSettled(steps);
      }
    } finally {
      await file.close();
    }
  };
  void read()
    .catch(() => false)
    .then((isRead) => {
      if (!isStopped) onEnd(isRead);
    });
  return () => {
    isStopped = true;
  };
};

async function endsWith(file: FileHandle, mark: string, at: number): Promise<boolean> {
  const bytes = Buffer.alloc(mark.length);
  await file.read(bytes, 0, bytes.length, at);
  return bytes.toString('latin1') === mark;
}

/** Fills the room; undefined if the file ends before. */
async function readStep(file: FileHandle, room: Uint8Array, at: number): Promise<Uint8Array | undefined> {
  for (let filled = 0; filled < room.byteLength; ) {
    const { bytesRead } = await file.read(room, filled, room.byteLength - filled, at + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return room;
}
