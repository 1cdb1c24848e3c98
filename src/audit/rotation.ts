/**
 * Owns the rotation of an audit file that several processes may append to: FILE becomes FILE.1, that
 * FILE.2, and so on up to the number kept.
 *
 * Nobody stops writing meanwhile: what goes to an open descriptor follows the file to its new name. One
 * process at a time shifts names, under FILE.lock; the others see that their file has reached the size,
 * find another file under its name, and open that. So no line is lost, and none is split.
 */
import { open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { errorCode } from './destination.js';
import { type Holder, stateOf, thisHolder } from './holder.js';

export interface RotationSettings {
  /** The file is rotated when it has reached so many bytes. */
  readonly maxBytes: number;
  /** How many old files are kept; at least one, since other processes may still write to the newest. */
  readonly keep: number;
}

/** A shift takes milliseconds: an older lock is of a process that died, or was stopped, in the midst of it. */
const DEAD_LOCK_MS = 2_000;
/** Of a holder that nobody here can tell to be alive or dead. */
const ABANDONED_LOCK_MS = 600_000;

/**
 * `rotated`: this process has given the file `inode` its new name. `moved`: another one has. Either way the
 * path can be opened anew. `busy`: another process is at it.
 */
export type RotationOutcome = 'rotated' | 'moved' | 'busy';

/** Rejects with the system's error when names cannot be shifted; the file is then as it was. */
export async function rotate(path: string, inode: bigint, keep: number): Promise<RotationOutcome> {
  const file = await realPathOf(path);
  if ((await inodeOf(file)) !== inode) return 'moved';
  const lock = `${file}.lock`;
  const holder = thisHolder();
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
  // Nobody may have anything more to write, and a trail without its file would look like one that is lost
  await open(file, 'a').then(
    (handle) => handle.close(),
    () => undefined,
  );
}

/**
 * False if another holds it. Of those that find its holder dead, one at a time may remove it, and only that
 * one's: the right to is a lock in itself, and the next who has it looks again before it removes anything.
 */
async function takeLock(lock: string, holder: Holder): Promise<boolean> {
  if (await createLock(lock, holder)) return true;
  const dead = await deadHolderOf(lock);
  if (dead === undefined) return false;
  const right = `${lock}.${dead}`;
  if (!(await takeLock(right, holder))) return false;
  try {
    if ((await deadHolderOf(lock)) === dead) await unlink(lock);
  } finally {
    await leaveLock(right, holder);
  }
  return createLock(lock, holder);
}

async function createLock(lock: string, holder: Holder): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx');
    await handle.writeFile(JSON.stringify(holder)).finally(() => handle.close());
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** One that was stopped for long may find that another has taken its lock. */
async function leaveLock(lock: string, { token }: Holder): Promise<void> {
  if ((await read(lock))?.holder?.token === token) await unlink(lock).catch(() => undefined);
}

/** The token of a lock's holder that is dead; undefined if it may live, or there is no lock. */
async function deadHolderOf(lock: string): Promise<string | undefined> {
  const found = await read(lock);
  if (found === undefined || found.ageMs <= DEAD_LOCK_MS) return undefined;
  const state = found.holder === undefined ? 'unknown' : stateOf(found.holder);
  if (state === 'running' || (state === 'unknown' && found.ageMs <= ABANDONED_LOCK_MS)) return undefined;
  return found.holder?.token ?? 'unreadable';
}

async function read(lock: string): Promise<{ ageMs: number; holder: Holder | undefined } | undefined> {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(lock), readFile(lock, 'utf8')]);
    return { ageMs: Date.now() - mtimeMs, holder: parseHolder(text) };
  } catch {
    return undefined;
  }
}

/** Undefined if it is being written, or its writer died at it. */
function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, started, token } = JSON.parse(text) as Partial<Holder>;
    if (!(Number(pid) > 0) || typeof host !== 'string' || !/^[0-9a-f]+$/.test(token ?? '')) return undefined;
    return { pid: Number(pid), host, started, token: token as string };
  } catch {
    return undefined;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of a link, what it leads to: the set of files stands there. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
