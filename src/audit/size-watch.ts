/** Owns when an audit file is rotated: looks at it after each write, and never makes a write wait. */
import { fstatSync } from 'node:fs';
import { type Destination, errorCode, openAuditFile } from './destination.js';
import { type RotationSettings, rotate } from './rotation.js';

/** While another process rotates, and after a rotation that failed. */
const BUSY_MS = 50;
const FAILED_MS = 1_000;
/** How long the end of a trail waits for a rotation; one takes milliseconds. */
const END_LIMIT_MS = 5_000;

export interface SizeWatchParams extends RotationSettings {
  readonly path: string;
  /** The path leads to another file by now; `byUs` says who has renamed the old one. */
  readonly onRenamed: (byUs: boolean) => void;
  readonly onFailed: (reason: string) => void;
}

export class SizeWatch {
  readonly #params: SizeWatchParams;
  #rotation: Promise<void> | undefined;
  #notBefore = 0;

  constructor(params: SizeWatchParams) {
    this.#params = params;
  }

  /** Begins a rotation if the file is large enough. One look at an open descriptor costs a microsecond. */
  afterWrite(fd: number): void {
    if (this.#rotation !== undefined || performance.now() < this.#notBefore) return;
    const stat = statOf(fd);
    if (!stat?.isFile() || stat.size < this.#params.maxBytes) return;
    this.#rotation = this.#rotate(stat.ino).finally(() => (this.#rotation = undefined));
  }

  /** Begins no more rotations; resolves when the one under way has ended, or after five seconds. */
  async end(): Promise<void> {
    this.#notBefore = Number.POSITIVE_INFINITY;
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#rotation,
      new Promise((resolve) => (limit = setTimeout(resolve, END_LIMIT_MS))),
    ]);
    clearTimeout(limit);
  }

  /**
   * Where to write again what was written to `fd`, whose file has been deleted: others have rotated it away
   * while this process wrote nothing. Undefined if it is still there.
   */
  replacementOf(fd: number): Destination | undefined {
    if (statOf(fd)?.nlink !== 0n) return undefined;
    try {
      return openAuditFile(this.#params.path);
    } catch {
      return undefined;
    }
  }

  async #rotate(inode: bigint): Promise<void> {
    const { path, keep, onRenamed, onFailed } = this.#params;
    try {
      const outcome = await rotate(path, inode, keep);
      if (outcome === 'busy') this.#pause(BUSY_MS);
      else onRenamed(outcome === 'rotated');
    } catch (error) {
      this.#pause(FAILED_MS);
      onFailed(errorCode(error));
    }
  }

  #pause(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
  }
}

function statOf(fd: number): { ino: bigint; nlink: bigint; size: bigint; isFile(): boolean } | undefined {
  try {
    return fstatSync(fd, { bigint: true });
  } catch {
    return undefined;
  }
}
