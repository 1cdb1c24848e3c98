/** Reads a trail that another process still writes: what there is, then what comes, through rotations. */

import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../write/unwritable.js';
import { TrailReader } from './read-trail.js';
import { LINE_END, oldFilesOf, refuseCompressed, unreadable } from './trail-set.js';

const LOOK_EVERY_MS = 250;
const CHUNK_BYTES = 256 * 1024;

export interface FollowParams {
  /** Called whenever all that is written so far has been read; true ends the reading. */
  readonly onCaughtUp: () => boolean;
  /** Ends the reading too. */
  readonly signal: AbortSignal;
}

/**
 * The trail in `path`, its rotated files first. The iteration goes on with every new line until it is told to end. A
 * file that cannot be read is a UsageError of the iteration; one that goes away is awaited.
 */
export function followTrailFile(path: string, params: FollowParams): TrailReader {
  return new TrailReader(bytesToCome(path, params));
}

async function* bytesToCome(path: string, params: FollowParams): AsyncGenerator<Uint8Array, void, undefined> {
  // Opened before the rotated ones are looked for: it may become one of them
  let file = await openFile(path);
  try {
    let last = LINE_END;
    for await (const bytes of rotatedBytes(path, file)) {
      last = bytes.at(-1) ?? last;
      yield bytes;
    }
    let position = 0;
    while (!params.signal.aborted) {
      const { buffer, bytesRead } = await file.read(
        Buffer.allocUnsafe(CHUNK_BYTES),
        0,
        CHUNK_BYTES,
        position,
      );
      if (bytesRead > 0) {
        if (position === 0) refuseCompressed(path, buffer.subarray(0, bytesRead));
        // A file of a killed process may end within a line; the next file still begins a new line
        if (position === 0 && last !== LINE_END) yield Uint8Array.of(LINE_END);
        position += bytesRead;
        last = buffer[bytesRead - 1] ?? LINE_END;
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const successor = await successorOf(path, file, position);
      if (successor !== undefined) {
        await file.close();
        file = successor;
        position = 0;
        continue;
      }
      if (params.onCaughtUp()) return;
      await sleep(LOOK_EVERY_MS, undefined, { signal: params.signal }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Those of the rotated files that are not the opened one. */
async function* rotatedBytes(path: string, opened: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const { ino } = await opened.stat();
  for (const old of await oldFilesOf(path)) {
    try {
      if ((await stat(old)).ino === ino) continue;
      for await (const bytes of createReadStream(old)) yield bytes as Uint8Array;
    } catch (error) {
      throw unreadable(old, error);
    }
  }
}

/** Another file of the name, or the same one if it was emptied. */
async function successorOf(
  path: string,
  file: FileHandle,
  position: number,
): Promise<FileHandle | undefined> {
  try {
    const [now, own] = [await stat(path), await file.stat()];
    return now.ino !== own.ino || own.size < position ? await open(path) : undefined;
  } catch (error) {
    // Between the two steps of a rotation there is none of this name
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}
