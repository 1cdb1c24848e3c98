/**
 * Owns the rotation of an audit file that several processes may append to: FILE becomes FILE.1, that FILE.2,
 * and so on up to the number kept.
 *
 * No process stops writing meanwhile: writes to an open descriptor follow the file to its new name. One
 * process at a time shifts names, under FILE.lock; the others see that their file has reached the size, find
 * another file under its name, and open that. So no line is lost, and none is split.
 */
import { open, realpath, rename, stat } from 'node:fs/promises';
import { leaveLock, takeLock } from './file-lock.js';
import { thisOwner } from './file-owner.js';
import { errorCode } from './unwritable.js';

export interface RotationSettings {
  /** The file is rotated when it has this number of bytes. */
  readonly maxBytes: number;
  /**
   * The number of old files that are kept; at least one, since other processes may still write to the newest.
   */
  readonly keep: number;
}

/**
 * `rotated`: this process has given the file `inode` its new name. `moved`: another process has. In both
 * cases the path can be opened again. `busy`: another process is rotating it.
 */
export type RotationOutcome = 'rotated' | 'moved' | 'busy';

/** Rejects with the system's error when names cannot be shifted; the file is then as it was. */
export async function rotate(path: string, inode: bigint, keep: number): Promise<RotationOutcome> {
  const file = await realPathOf(path);
  if ((await inodeOf(file)) !== inode) return 'moved';
  const lock = `${file}.lock`;
  const holder = thisOwner();
  if (!(await takeLock(lock, holder))) return 'busy';
  try {
    if ((await inodeOf(file)) !== inode) return 'moved';
    await shift(file, keep);
    return 'rotated';
  } finally {
    await leaveLock(lock, holder);
  }
}

/** The first free name ends the shift: those above it stay. */
async function shift(file: string, keep: number): Promise<void> {
  let free = 1;
  while (free < keep && (await inodeOf(`${file}.${free}`)) !== undefined) free++;
  for (let number = free; number > 1; number--) await rename(`${file}.${number - 1}`, `${file}.${number}`);
  await rename(file, `${file}.1`);
  // There may be no further lines, and a trail without its file would look lost
  await open(file, 'a').then(
    (handle) => handle.close(),
    () => undefined,
  );
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** For a link, its target: the set of files is there. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
