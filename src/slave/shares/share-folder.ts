/**
 * A temporary folder of a slave's own, made for its first shared file and removed at its end. One that was killed leaves it
 * behind: the next slave of this user and machine that makes one removes it.
 */

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOwner, stateOf, thisOwner } from '../../audit/write/file-owner.js';
import type { ShareFiles } from './shared-entry.js';

const PREFIX = 'ts-mw-slave-';
/** Names the process of its slave. */
const OWNER_FILE = 'owner.json';

export class ShareFolder implements ShareFiles {
  #path: string | undefined;
  readonly #onExit = (): void => this.close();

  write(key: string, name: string, bytes: Uint8Array): string {
    const folder = join(this.#open(), key);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  #open(): string {
    if (this.#path === undefined) {
      removeLeftovers(tmpdir());
      this.#path = mkdtempSync(join(tmpdir(), PREFIX));
      writeFileSync(join(this.#path, OWNER_FILE), JSON.stringify(thisOwner()));
      // A task may end the process
      process.once('exit', this.#onExit);
    }
    return this.#path;
  }

  remove(key: string): void {
    if (this.#path !== undefined) rmSync(join(this.#path, key), { recursive: true, force: true });
  }

  /** Removes all of it. */
  close(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
    process.off('exit', this.#onExit);
  }
}

function removeLeftovers(root: string): void {
  for (const path of slaveFolders(root)) {
    try {
      if (isOurs(path) && hasEnded(path)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Being made, or being removed by another slave
    }
  }
}

function slaveFolders(root: string): string[] {
  try {
    const names = readdirSync(root);
    return names.filter((name) => name.startsWith(PREFIX)).map((name) => join(root, name));
  } catch {
    // It can be written, and not listed
    return [];
  }
}

function isOurs(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
}

function hasEnded(path: string): boolean {
  const owner = parseOwner(readFileSync(join(path, OWNER_FILE), 'utf8'));
  return owner !== undefined && stateOf(owner) === 'ended';
}
