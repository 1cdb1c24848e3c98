/** Decides when an audit file is rotated: checks it after each write, and never delays a write. */
import { fstatSync } from 'node:fs';
import { waitAtMost } from '../../structures/wait-at-most.js';
import { type Destination, openAuditFile } from './destination.js';
import { type RotationSettings, rotate } from './rotation.js';
import { errorCode } from './unwritable.js';

/** The wait while another process rotates, and after a failed rotation. */
const BUSY_MS = 50;
const FAILED_MS = 1_000;
/** The time that the end of a trail waits for a rotation, which takes milliseconds. */
const END_LIMIT_MS = 5_000;

interface SizeWatchParams extends RotationSettings {
  readonly path: string;
  /** The path now names another file; `byUs` says whether this process renamed the old one. */
  readonly onRenamed: (byUs: boolean) => void;
  /** The problem with the file, such as `cannot be rotated (EACCES)`. */
  readonly onFailed: (complaint: string) => void;
}

export class SizeWatch {
  readonly #params: SizeWatchParams;
  #rotation: Promise<void> | undefined;
  #notBefore = 0;

  constructor(params: SizeWatchParams) {
    this.#params = params;
  }

  /**
   * Checking an open descriptor costs a microsecond. A deleted file was rotated away by others while this
   * process wrote nothing.
   */
  look(fd: number): 'deleted' | 'full' | 'fine' {
    const stat = statOf(fd);
    if (stat?.nlink === 0n) return 'deleted';
    return stat?.isFile() && stat.size >= this.#params.maxBytes ? 'full' : 'fine';
  }

  /** Unless a rotation is under way, or has just failed. */
  beginRotation(fd: number): void {
    if (this.#rotation !== undefined || performance.now() < this.#notBefore) return;
    const stat = statOf(fd);
    if (stat !== undefined)
      this.#rotation = this.#rotate(stat.ino).finally(() => (this.#rotation = undefined));
  }

  /** The place from which text in a deleted file must be written again; undefined if there is none. */
  openAnew(): Destination | undefined {
    try {
      return openAuditFile(this.#params.path);
    } catch (error) {
      const { cause } = error as Error;
      this.#params.onFailed(`is deleted, and cannot be opened again (${errorCode(cause)})`);
      return undefined;
    }
  }

  /** Begins no more rotations; resolves when the one under way has ended, or after five seconds. */
  async end(): Promise<void> {
    this.#notBefore = Number.POSITIVE_INFINITY;
    if (this.#rotation !== undefined) await waitAtMost(END_LIMIT_MS, this.#rotation);
  }

  async #rotate(inode: bigint): Promise<void> {
    const { path, keep, onRenamed, onFailed } = this.#params;
    try {
      const outcome = await rotate(path, inode, keep);
      if (outcome === 'busy') this.#pause(BUSY_MS);
      else onRenamed(outcome === 'rotated');
    } catch (error) {
      this.#pause(FAILED_MS);
      onFailed(`cannot be rotated (${errorCode(error)})`);
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
