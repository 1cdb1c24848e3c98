/** A file of lines that others still write: each call gives what was completed since the last. */

import { closeSync, openSync, readSync } from 'node:fs';

export class TailedFile {
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #position = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** None while the file is not there. */
  newLines(): string[] {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return [];
    }
    const found: string[] = [];
    const chunk = Buffer.alloc(256 * 1024);
    for (let size = readSync(file, chunk, 0, chunk.length, this.#position); size > 0; ) {
      this.#position += size;
      const lines = (this.#rest + this.#decoder.decode(chunk.subarray(0, size), { stream: true })).split(
        '\n',
      );
      this.#rest = lines.pop() ?? '';
      for (const line of lines) found.push(line);
      size = readSync(file, chunk, 0, chunk.length, this.#position);
    }
    closeSync(file);
    return found;
  }
}
