/**
 * The folders of a server's leases, under one of its process. A server that was killed leaves its folder behind: the next
 * one with the same root removes it.
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../errors.js';
import { ownFolder } from './own-folder.js';

const FORM = /^(\d+)-(\d+)-\d+$/;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Several servers may live in one process. */
let serial = 0;

export class WorkFolders {
  readonly #own: string;

  constructor(root: string) {
    ownFolder(root);
    removeLeftovers(root);
    this.#own = ownFolder(join(root, `${process.pid}-${startOf(process.pid) ?? 0}-${++serial}`));
  }

  /** The server's own. */
  get path(): string {
    return this.#own;
  }

  /** Makes the folder of a lease: with a place for temporary files, and its files. Returns its path. */
  async open(lease: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.#own, lease);
    for (const path of [folder, join(folder, 'tmp'), join(folder, 'files')])
      await mkdir(path, { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) {
      if (!FILE_NAME.test(name)) throw new FormatError(`a file with the name ${JSON.stringify(name)}`);
      await writeFile(join(folder, 'files', name), text, { mode: 0o600 });
    }
    return folder;
  }

  /** Of a lease, or of one slave; may be called for one that is not there. */
  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** At the end of the server. */
  close(): void {
    rmSync(this.#own, { recursive: true, force: true, maxRetries: 3 });
  }
}

function removeLeftovers(root: string): void {
  for (const name of readdirSync(root)) {
    const [, pid, start] = FORM.exec(name) ?? [];
    if (pid === undefined || String(startOf(Number(pid)) ?? 'gone') === start) continue;
    if (start === '0' && isAlive(Number(pid))) continue;
    rmSync(join(root, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** When a process began, in the kernel's ticks, since its number may be another's later; undefined if it is unknown. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
