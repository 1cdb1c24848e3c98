/**
 * Copies of shared values for slaves of this machine: a file each, without a name. It is found by its descriptor
 * (`/proc/PID/fd/N`), which the system shows to the same user only, and is gone with the last process that has it open,
 * however that ends. So there are copies on Linux only; elsewhere values travel in pieces.
 */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShareCopy, SharedContent } from '../algorithms/shared.js';
import type { CopyPort } from './model/copy-port.js';

const LEAST_BYTES = 1024 * 1024;
/** All copies together. */
const MOST_BYTES = 4 * 1024 * 1024 * 1024;
/** Of what is free in the folder, a copy takes no more than this. */
const MOST_OF_FREE = 0.5;
/** Written at a time, so that the main thread is never busy with it for long. */
const STEP_BYTES = 4 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

interface Copy {
  /** Of the file that it needs. */
  readonly size: number;
  isRemoved: boolean;
  file: FileHandle | undefined;
}

export class LocalCopies implements CopyPort {
  readonly host = hostname();
  readonly leastBytes = LEAST_BYTES;
  readonly #folder: string;
  readonly #copies = new Map<string, Copy>();
  #bytes = 0;

  /** `folder` is the system's for temporary files by default. */
  constructor(folder = tmpdir()) {
    this.#folder = folder;
  }

  readonly make = (content: SharedContent, onMade: (copy: ShareCopy | undefined) => void): void => {
    const { key, size } = content;
    // A shared file is its own copy
    const copy: Copy = { size: content.copy === undefined ? size : 0, isRemoved: false, file: undefined };
    this.#copies.set(key, copy);
    this.#bytes += copy.size;
    void this.#make(content, copy)
      .catch(() => undefined)
      .then((made) => {
        if (copy.isRemoved) return;
        if (made === undefined) this.remove(key);
        onMade(made);
      });
  };

  readonly remove = (key: string): void => {
    const copy = this.#copies.get(key);
    if (copy === undefined) return;
    this.#copies.delete(key);
    this.#bytes -= copy.size;
    copy.isRemoved = true;
    void copy.file?.close();
  };

  /** Removes all. */
  close(): void {
    for (const key of this.#copies.keys()) this.remove(key);
  }

  /** Rejects with the system's error. */
  async #make(content: SharedContent, copy: Copy): Promise<ShareCopy | undefined> {
    if (content.copy !== undefined) return content.copy;
    if (process.platform !== 'linux' || this.#bytes > MOST_BYTES) return undefined;
    const { bavail, bsize } = await statfs(this.#folder);
    if (content.size > bavail * bsize * MOST_OF_FREE) return undefined;
    const file = await openNameless(this.#folder);
    const mark = randomBytes(16).toString('hex');
    try {
      for (let at = 0; at < content.size && !copy.isRemoved; ) {
        const bytes = content.read(at, Math.min(content.size, at + STEP_BYTES));
        at += (await file.write(bytes, 0, bytes.byteLength, at)).bytesWritten;
      }
      await file.write(mark, content.size, 'latin1');
    } catch (error) {
      await file.close();
      throw error;
    }
    if (copy.isRemoved) {
      await file.close();
      return undefined;
    }
    copy.file = file;
    return { path: `/proc/${process.pid}/fd/${file.fd}`, head: NOTHING, mark };
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `ts-mw-${randomBytes(16).toString('hex')}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await unlink(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
