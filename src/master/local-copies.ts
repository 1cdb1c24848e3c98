/**
 * Copies of shared values for slaves of this machine: the file that has the value anyway, or one that is written when the
 * first of them asks.
 */

import { hostname } from 'node:os';
import type { ShareCopy, SharedContent } from '../algorithms/shared.js';
import { expectReaders, LEAST_FILE_BYTES } from '../wire/shares/file-readers.js';
import { NamelessFile } from '../wire/shares/nameless-file.js';
import type { CopyPort } from './model/copy-port.js';

/** Written at a time, so that the main thread is never busy with it for long. */
const STEP_BYTES = 4 * 1024 * 1024;

interface Copy {
  isRemoved: boolean;
  file: NamelessFile | undefined;
}

export class LocalCopies implements CopyPort {
  readonly host = hostname();
  readonly leastBytes = LEAST_FILE_BYTES;
  readonly #folder: string | undefined;
  readonly #copies = new Map<string, Copy>();
  readonly #expectNone = expectReaders();

  /** `folder` is the system's for temporary files by default. */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  readonly make = (content: SharedContent, onMade: (copy: ShareCopy | undefined) => void): void => {
    const { key } = content;
    const copy: Copy = { isRemoved: false, file: undefined };
    this.#copies.set(key, copy);
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
    copy.isRemoved = true;
    copy.file?.close();
  };

  /** Removes all. */
  close(): void {
    for (const key of this.#copies.keys()) this.remove(key);
    this.#expectNone();
  }

  /** Rejects with the system's error. */
  async #make(content: SharedContent, copy: Copy): Promise<ShareCopy | undefined> {
    if (content.copy !== undefined) return content.copy;
    const file = NamelessFile.open(content.size, this.#folder);
    if (file === undefined) return undefined;
    let made: ShareCopy | undefined;
    try {
      for (let at = 0; at < content.size && !copy.isRemoved; at += STEP_BYTES) {
        await file.writeSoon(content.read(at, Math.min(content.size, at + STEP_BYTES)), at);
      }
      made = copy.isRemoved ? undefined : file.seal();
    } finally {
      if (made === undefined) file.close();
    }
    if (made !== undefined) copy.file = file;
    return made;
  }
}
