/**
 * The bundles that masters have sent, a file each, named by their SHA-256. Those in use are kept; of the others, those
 * used last, up to a number of files and of bytes. A file is checked again before it is used.
 */

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../errors.js';
import { ownFolder } from './own-folder.js';

interface CacheBounds {
  readonly files: number;
  readonly bytes: number;
}

const BOUNDS: CacheBounds = { files: 32, bytes: 1024 * 1024 * 1024 };
const SUFFIX = '.cjs';

export class BundleCache {
  readonly #folder: string;
  readonly #bounds: CacheBounds;
  readonly #onDropped: (sha256: string, bytes: number) => void;
  /** How many leases use each. */
  readonly #uses = new Map<string, number>();
  #serial = 0;

  constructor(
    folder: string,
    onDropped: (sha256: string, bytes: number) => void,
    bounds: CacheBounds = BOUNDS,
  ) {
    this.#folder = ownFolder(folder);
    this.#onDropped = onDropped;
    this.#bounds = bounds;
  }

  pathOf(sha256: string): string {
    return join(this.#folder, `${sha256}${SUFFIX}`);
  }

  /** Whether it is there, whole. From now on it is in use, whether or not it is there. */
  async begin(sha256: string): Promise<boolean> {
    this.#uses.set(sha256, (this.#uses.get(sha256) ?? 0) + 1);
    const path = this.pathOf(sha256);
    try {
      if (hashOf(await readFile(path)) !== sha256) throw new FormatError('damaged');
      const now = new Date();
      await utimes(path, now, now);
      return true;
    } catch {
      return false;
    }
  }

  /** Throws FormatError if the bytes are not those of that name, and what the file system throws. */
  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    if (hashOf(bytes) !== sha256) throw new FormatError('the bundle has another SHA-256 than was said');
    const partial = join(this.#folder, `.${process.pid}-${++this.#serial}.part`);
    try {
      await writeFile(partial, bytes, { mode: 0o600, flag: 'wx' });
      await rename(partial, this.pathOf(sha256));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** The lease that began with it has ended. */
  async end(sha256: string): Promise<void> {
    const uses = (this.#uses.get(sha256) ?? 1) - 1;
    if (uses > 0) this.#uses.set(sha256, uses);
    else this.#uses.delete(sha256);
    await this.#trim();
  }

  async #trim(): Promise<void> {
    const found = readdirSync(this.#folder).flatMap((name) => {
      const stats = statSync(join(this.#folder, name), { throwIfNoEntry: false });
      return stats === undefined || !name.endsWith(SUFFIX)
        ? []
        : [{ sha256: name.slice(0, -SUFFIX.length), bytes: stats.size, usedAt: stats.mtimeMs }];
    });
    found.sort((one, other) => other.usedAt - one.usedAt);
    let files = 0;
    let total = 0;
    for (const { sha256, bytes } of found) {
      files++;
      total += bytes;
      if (this.#uses.has(sha256) || (files <= this.#bounds.files && total <= this.#bounds.bytes)) continue;
      await rm(this.pathOf(sha256), { force: true });
      this.#onDropped(sha256, bytes);
    }
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
