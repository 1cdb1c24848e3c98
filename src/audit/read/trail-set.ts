/** Finds the files of a rotated trail, and reads them in order, the oldest first. */
import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../errors.js';
import { errorCode } from '../write/unwritable.js';
import { TrailReader } from './read-trail.js';

export const LINE_END = 10;

/** The trail in `path` and its rotated files. A file that cannot be read is a UsageError of the iteration. */
export function readTrailSet(path: string): TrailReader {
  return new TrailReader(bytesOfSet(path));
}

/** A file of a killed process may end within a line; the next file still begins a new line. */
async function* bytesOfSet(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  let last = LINE_END;
  for (const file of [...(await oldFilesOf(path)), path]) {
    if (last !== LINE_END) yield Uint8Array.of(LINE_END);
    last = LINE_END;
    let isFirst = true;
    try {
      for await (const bytes of createReadStream(file)) {
        if (isFirst) refuseCompressed(file, bytes);
        isFirst = false;
        last = (bytes as Uint8Array).at(-1) ?? last;
        yield bytes as Uint8Array;
      }
    } catch (error) {
      throw error instanceof UsageError ? error : unreadable(file, error);
    }
  }
}

/** Throws UsageError if these first bytes are those of gzip: programs that rotate logs leave such files. */
export function refuseCompressed(file: string, bytes: Uint8Array): void {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return;
  throw new UsageError(`${file} is compressed; give what gunzip makes of it`);
}

/** The rotated files of a trail, the oldest first. */
export async function oldFilesOf(path: string): Promise<string[]> {
  try {
    const file = await realpath(path);
    const prefix = `${basename(file)}.`;
    const numbers = (await readdir(dirname(file)))
      .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,3}$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)));
    return numbers.sort((a, b) => b - a).map((number) => join(dirname(file), `${prefix}${number}`));
  } catch {
    // Opening it will report the error; a pipe has no name to look up
    return [];
  }
}

export function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${file}: ${explain(error)}`, { cause: error });
}

function explain(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder; name a file in it';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return code;
}
