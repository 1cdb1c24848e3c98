/** Shares a file with slaves: its bytes stay on disk, and are read piece by piece when a slave asks for them. */

import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { ShareCopy, Shared, SharedContent } from '../../algorithms/shared.js';
import { UsageError } from '../../errors.js';
import { checkShareSize, handleOf } from './share.js';
import { fileHead, isFileName } from './share-body.js';

/**
 * Shares a file with the slaves, as `share` does a value: a task finds the path of a copy on its own machine, with the
 * name of the file, in a temporary folder of its slave. The file is read here and now for its key, and again for each
 * slave that needs it; it must not change until it is released, or tasks that need it fail. It counts in `--share-cache`
 * as a value does, and is at most 1 GB.
 *
 * Rejects with UsageError for what is not a file, and with the system's error for one that cannot be read.
 *
 * @example
 * using model = await shareFile('model.onnx');
 * const labels = await pmap(portable((image) => classify(path, image), { path: model, classify }), images);
 */
export async function shareFile(path: string): Promise<Shared<string>> {
  if (typeof path !== 'string') {
    const cure = (path as unknown) instanceof URL ? '; write shareFile(fileURLToPath(url))' : '';
    throw new UsageError(`shareFile() takes the path of a file; got ${String(path)}${cure}`);
  }
  const absolute = resolve(path);
  const before = await stat(absolute);
  if (!before.isFile())
    throw new UsageError(
      `shareFile() takes a file, and ${JSON.stringify(path)} is not a file; share its files one by one`,
    );
  const name = basename(absolute);
  if (!isFileName(name))
    throw new UsageError(
      `shareFile() got ${JSON.stringify(path)}, whose name has a backslash, and not every machine can have that; rename it`,
    );
  const head = fileHead(name);
  checkShareSize('shareFile()', head.byteLength + before.size);
  const hash = createHash('sha256').update(head);
  for await (const bytes of createReadStream(absolute)) hash.update(bytes as Buffer);
  if (!isSame(before, await stat(absolute))) throw hasChanged(absolute);
  return handleOf<string>(new FileShare(absolute, before, head, hash.digest('base64url')));
}

class FileShare implements SharedContent {
  readonly size: number;

  constructor(
    private readonly path: string,
    private readonly stats: Stats,
    private readonly head: Uint8Array,
    readonly key: string,
  ) {
    this.size = head.byteLength + stats.size;
  }

  read(from: number, to: number): Uint8Array {
    const bytes = Buffer.allocUnsafe(to - from);
    const fromHead = this.head.subarray(Math.min(from, this.head.byteLength), to);
    bytes.set(fromHead, 0);
    const file = openSync(this.path, 'r');
    try {
      let at = fromHead.byteLength;
      while (at < bytes.byteLength) {
        const place = from + at - this.head.byteLength;
        const read = readSync(file, bytes, at, bytes.byteLength - at, place);
        if (read === 0) break;
        at += read;
      }
      if (at < bytes.byteLength || !isSame(this.stats, fstatSync(file))) throw hasChanged(this.path);
      return bytes;
    } finally {
      closeSync(file);
    }
  }

  get copy(): ShareCopy {
    return { path: this.path, head: this.head };
  }

  /** The file itself is the master's copy. */
  value(): string {
    return this.path;
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino && a.dev === b.dev;
}

function hasChanged(path: string): UsageError {
  return new UsageError(
    `the file ${path} has changed since it was shared; share it again when it is complete`,
  );
}
