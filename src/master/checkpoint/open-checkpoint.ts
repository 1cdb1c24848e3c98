/** Opens the folder of a checkpoint for one master, or says in one line why it may not have it. */

import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import { type FileOwner, thisOwner } from '../../audit/write/file-owner.js';
import { CheckpointError } from '../../errors.js';
import { makeFolder } from '../../structures/make-folder.js';
import { waitAtMost } from '../../structures/wait-at-most.js';
import { beginBeat, isAlive } from './checkpoint-holder.js';
import {
  CheckpointStore,
  type CheckpointTables,
  index,
  type StoredAlgorithm,
  wordsOf,
} from './checkpoint-store.js';
import { ResultLog } from './result-log.js';

/** Raise it with every change of the store's layout or of the encoding of values. */
const LAYOUT = 'ts-mw checkpoint 3';

const CLOSE_WITHIN_MS = 1_000;

/** The places at which the data file has lmdb's magic number and its data version. */
const LMDB_HEAD_AT = 24;
const LMDB_HEAD = Buffer.from(new Uint8Array(new Uint32Array([0xbeefc0de, 2]).buffer));

/** `layout` and `holder`; `[NAME, FINGERPRINT]` gives an algorithm's number. */
type About = Database<unknown, string | string[]>;

/** Folders held by masters of this process: lmdb would let both in. */
const heldHere = new Set<string>();

/**
 * Makes the folder if there is none. Throws CheckpointError when lmdb is not installed, the store has another
 * layout, another live master holds it, or it cannot be opened.
 */
export async function openCheckpoint(
  folder: string,
  algorithms: readonly AlgorithmDefinition[],
): Promise<CheckpointStore> {
  const { open } = await loadLmdb(folder);
  const path = ownFolder(folder);
  if (heldHere.has(path)) {
    throw new CheckpointError(folder, `another master of this process holds ${folder}; give each its own`);
  }
  heldHere.add(path);
  let root: RootDatabase | undefined;
  try {
    root = openRoot(open, folder, path);
    return await claim(folder, path, root, algorithms);
  } catch (error) {
    heldHere.delete(path);
    if (root !== undefined) await waitAtMost(CLOSE_WITHIN_MS, root.close());
    throw error;
  }
}

function ownFolder(folder: string): string {
  try {
    makeFolder(folder, 0o700);
    return realpathSync(folder);
  } catch (error) {
    throw new CheckpointError(folder, `${folder} cannot be created as a folder (${reasonOf(error)})`, {
      cause: error,
    });
  }
}

/** lmdb maps any file into memory; the process would die of one that is not a store. */
function checkFile(folder: string, path: string): void {
  const file = join(path, 'data.mdb');
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const head = Buffer.alloc(LMDB_HEAD.length);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, head, 0, head.length, LMDB_HEAD_AT);
  } finally {
    closeSync(fd);
  }
  if (head.equals(LMDB_HEAD)) return;
  throw new CheckpointError(
    folder,
    `${file} is not a store of this version; give another folder, or remove it`,
  );
}

function openRoot(open: Lmdb['open'], folder: string, path: string): RootDatabase {
  checkFile(folder, path);
  try {
    return open({ path, noSubdir: false });
  } catch (error) {
    throw new CheckpointError(folder, `${folder} has no store that can be opened (${reasonOf(error)})`, {
      cause: error,
    });
  }
}

type Lmdb = typeof import('lmdb');

/**
 * Installed only for checkpoints, since it brings native code. In an executable made by `dump-exec`, its
 * addon is a file beside it, which may be missing.
 */
async function loadLmdb(folder: string): Promise<Lmdb> {
  try {
    return await import('lmdb');
  } catch (error) {
    if (isMissing(error)) {
      throw new CheckpointError(
        folder,
        'expected the package lmdb, it is not installed; type npm install lmdb',
        {
          cause: error,
        },
      );
    }
    throw new CheckpointError(folder, `lmdb, which keeps ${folder}, cannot be loaded: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Missing, not broken. */
function isMissing(error: unknown): boolean {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    /^Cannot find (package|module) 'lmdb'/.test(String(message))
  );
}

async function claim(
  folder: string,
  path: string,
  root: RootDatabase,
  algorithms: readonly AlgorithmDefinition[],
): Promise<CheckpointStore> {
  const isNew = (root.getStats() as { entryCount: number }).entryCount === 0;
  const about: About = root.openDB({ name: 'about', encoding: 'json' });
  const layout = about.get('layout');
  if (!isNew && layout !== LAYOUT) {
    throw new CheckpointError(
      folder,
      `${folder} holds another layout than this version's (${String(layout ?? 'not of ts-mw')}); give another folder, or remove it`,
    );
  }
  const holder = thisOwner();
  for (;;) {
    const other = about.get('holder') as FileOwner | undefined;
    if (other !== undefined && (await isAlive(other, folder))) {
      throw new CheckpointError(
        folder,
        `${folder} is held by another live master (process ${other.pid} on ${other.host}); stop that one, or give another folder`,
      );
    }
    // If two masters find the same dead holder, the first one to write wins.
    const won = root.transactionSync(() => {
      if ((about.get('holder') as FileOwner | undefined)?.token !== other?.token) return false;
      about.putSync('layout', LAYOUT);
      about.putSync('holder', holder);
      return true;
    });
    if (won) break;
  }
  const tables: CheckpointTables = {
    results: root.openDB({ name: 'results', encoding: 'binary', keyEncoding: 'binary' }),
    order: root.openDB({ name: 'order', encoding: 'binary', keyEncoding: 'binary' }),
    counts: root.openDB({ name: 'counts', encoding: 'json', keyEncoding: 'uint32' }),
  };
  const endBeat = beginBeat(path);
  const giveUp = async (): Promise<void> => {
    endBeat();
    try {
      if ((about.get('holder') as FileOwner | undefined)?.token === holder.token)
        await about.remove('holder');
    } catch {
      // The disk is full or failing; the next master finds this one dead.
    }
  };
  const release = async (): Promise<void> => {
    await giveUp();
    await waitAtMost(CLOSE_WITHIN_MS, root.close());
    heldHere.delete(path);
  };
  let log: ResultLog | undefined;
  try {
    log = await recoverLog(path, tables);
    const numbered = root.transactionSync(() => numberAlgorithms(about, tables, algorithms));
    return new CheckpointStore({ folder, log, tables, algorithms: numbered, end: endOf(tables), release });
  } catch (error) {
    log?.close();
    await giveUp();
    throw new CheckpointError(folder, `${folder} cannot be taken over (${reasonOf(error)})`, {
      cause: error,
    });
  }
}

/** Results that a killed master had committed, and lmdb had not yet taken. */
async function recoverLog(path: string, tables: CheckpointTables): Promise<ResultLog> {
  const { log, batches } = ResultLog.open(path);
  try {
    for (const batch of batches) {
      // If one is missing after a loss of power, later places would be wrong.
      if (batch.first === endOf(tables)) await index(tables, [batch]);
    }
    log.clear();
    return log;
  } catch (error) {
    log.close();
    throw error;
  }
}

function numberAlgorithms(
  about: About,
  { counts }: CheckpointTables,
  algorithms: readonly AlgorithmDefinition[],
): Map<AlgorithmDefinition, StoredAlgorithm> {
  const numbered = new Map<AlgorithmDefinition, StoredAlgorithm>();
  for (const definition of algorithms) {
    if (!definition.checkpoint) continue;
    const key = [definition.name, definition.fingerprint];
    let number = about.get(key) as number | undefined;
    if (number === undefined) {
      number = ((about.get('algorithms') as number | undefined) ?? 0) + 1;
      about.putSync('algorithms', number);
      about.putSync(key, number);
    }
    numbered.set(definition, { number, count: counts.get(number) ?? 0 });
  }
  return numbered;
}

/** The place after the last stored result. */
function endOf({ order }: CheckpointTables): number {
  for (const { key, value } of order.getRange({ reverse: true, limit: 1 })) {
    const first = Number(Buffer.from(key).readBigUInt64BE());
    return first + (wordsOf(value)?.length ?? 0);
  }
  return 0;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
