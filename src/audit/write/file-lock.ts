/**
 * A file that only one process at a time may hold, for milliseconds: the process that creates it holds it.
 * The file of a dead process is taken over.
 */

import { open, readFile, stat, unlink } from 'node:fs/promises';
import { type FileOwner, parseOwner, stateOf } from './file-owner.js';
import { errorCode } from './unwritable.js';

/** An older lock is of a process that died or was stopped while it held it. */
const DEAD_LOCK_MS = 2_000;
/** For a holder that cannot be judged alive or dead from here. */
const ABANDONED_LOCK_MS = 600_000;

/**
 * False if another process holds it. If several processes find the holder dead, one at a time may remove the
 * file, and only that holder's: the right to remove it is itself a lock, and its next holder looks again
 * before it removes anything.
 */
export async function takeLock(lock: string, holder: FileOwner): Promise<boolean> {
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

async function createLock(lock: string, holder: FileOwner): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx');
    await handle.writeFile(JSON.stringify(holder)).finally(() => handle.close());
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A process that was stopped for long may find that another one has taken its lock. */
export async function leaveLock(lock: string, { token }: FileOwner): Promise<void> {
  if ((await read(lock))?.holder?.token === token) await unlink(lock).catch(() => undefined);
}

/** The token of a dead holder; undefined if it may be alive, or if there is no lock. */
async function deadHolderOf(lock: string): Promise<string | undefined> {
  const found = await read(lock);
  if (found === undefined || found.ageMs <= DEAD_LOCK_MS) return undefined;
  const state = found.holder === undefined ? 'unknown' : stateOf(found.holder);
  if (state === 'running' || (state === 'unknown' && found.ageMs <= ABANDONED_LOCK_MS)) return undefined;
  return found.holder?.token ?? 'unreadable';
}

async function read(lock: string): Promise<{ ageMs: number; holder: FileOwner | undefined } | undefined> {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(lock), readFile(lock, 'utf8')]);
    return { ageMs: Date.now() - mtimeMs, holder: parseOwner(text) };
  } catch {
    return undefined;
  }
}
