/**
 * Keeps the code of programs on the disk, one file a program: to make it takes a second or more. A file has a line of
 * JSON with the facts, and then the code as it is.
 *
 * It is in `ts-mw/programs` below `XDG_CACHE_HOME`, or `.cache` in the user's home, and nobody else may read or write
 * there, since what is found there is run. At most 32 programs and 256 MB, those used last. Where it cannot be
 * written, or the user has no home, it is not kept.
 */

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../structures/make-folder.js';
import { userFolder } from '../../structures/user-folder.js';
import { stillHold, type Witnesses } from './witnesses.js';

export interface KeptCode {
  readonly code: Uint8Array;
  readonly addons: readonly string[];
  /** The files that it was made of. */
  readonly inputs: readonly string[];
  readonly witnesses: Witnesses;
}

interface KeptFacts extends Omit<KeptCode, 'code'> {
  readonly sha256: string;
}

const MOST_FILES = 32;
const MOST_BYTES = 256 * 2 ** 20;

export class CodeCache {
  readonly #folder: string | undefined;

  constructor(folder: string | undefined = defaultFolder()) {
    this.#folder = folder;
  }

  /** Undefined if there is none, or if what it was made of has changed. */
  async find(key: string): Promise<KeptCode | undefined> {
    const folder = this.#folder;
    if (folder === undefined) return undefined;
    try {
      if (!(await isPrivate(folder))) return undefined;
      const file = fileOf(folder, key);
      const content = await readFile(file);
      const end = content.indexOf('\n');
      const facts = JSON.parse(content.toString('utf8', 0, end)) as KeptFacts;
      const code = content.subarray(end + 1);
      if (sha256(code) !== facts.sha256 || !(await stillHold(facts.witnesses))) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return { ...facts, code };
    } catch {
      // Missing, torn, or not readable: it is made again
      return undefined;
    }
  }

  async keep(key: string, { code, ...others }: KeptCode): Promise<void> {
    const folder = this.#folder;
    if (folder === undefined) return;
    const facts: KeptFacts = { ...others, sha256: sha256(code) };
    const file = fileOf(folder, key);
    const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      makeFolder(folder, 0o700);
      if (!(await isPrivate(folder))) return;
      await writeFile(draft, [`${JSON.stringify(facts)}\n`, code], { mode: 0o600 });
      await rename(draft, file);
      await shrink(folder);
    } catch {
      // A full disk or a home that takes nothing costs time only
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }
}

async function shrink(folder: string): Promise<void> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs, size } = await stat(path);
      return { path, mtimeMs, size };
    }),
  );
  files.sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const [index, { path, size }] of files.entries()) {
    bytes += size;
    if (index >= MOST_FILES || bytes > MOST_BYTES) await rm(path, { force: true });
  }
}

function fileOf(folder: string, key: string): string {
  return join(folder, `${sha256(key)}.code`);
}

/** Undefined for a user without a home. */
function defaultFolder(): string | undefined {
  const cache = userFolder('XDG_CACHE_HOME');
  return cache === undefined ? undefined : join(cache, 'ts-mw', 'programs');
}

async function isPrivate(folder: string): Promise<boolean> {
  const { uid, mode } = await stat(folder);
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
