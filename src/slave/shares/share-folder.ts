/** A temporary folder of a slave's own, made for its first shared file and removed at its end. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShareFiles } from './shared-entry.js';

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
      this.#path = mkdtempSync(join(tmpdir(), 'ts-mw-slave-'));
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
