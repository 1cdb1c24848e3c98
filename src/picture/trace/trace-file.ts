/** Writes a trace to a file, as a stream: little more than 64 KB of it are in memory at a time. */

import { type FileHandle, open } from 'node:fs/promises';
import { errorCode } from '../../audit/write/unwritable.js';
import { UsageError } from '../../errors.js';
import { refuseTrailFile } from './output-file.js';
import type { TraceEvent } from './trace-event.js';

const CHUNK_CHARACTERS = 64 * 1024;

export class TraceFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #text = '{"traceEvents":[';
  #numEvents = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Throws UsageError if the file cannot be written, or is one of the trail's files. */
  static async open(path: string, trail: string): Promise<TraceFile> {
    await refuseTrailFile('--trace', path, trail);
    try {
      return new TraceFile(path, await open(path, 'w'));
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Call `write` from time to time. */
  add(event: TraceEvent): void {
    this.#text += `${this.#numEvents++ === 0 ? '' : ','}\n${JSON.stringify(event)}`;
  }

  get isFull(): boolean {
    return this.#text.length >= CHUNK_CHARACTERS;
  }

  /** Throws UsageError. */
  async write(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    try {
      await this.#file.writeFile(text);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Writes the rest. `beginsMs` are Unix milliseconds of its time 0. Throws UsageError. */
  async end(beginsMs: number | undefined): Promise<void> {
    const begins = beginsMs === undefined ? {} : { begins: new Date(beginsMs).toISOString() };
    this.#text += `\n],"displayTimeUnit":"ms","otherData":${JSON.stringify({ writer: 'ts-mw', ...begins })}}\n`;
    await this.write();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function unwritable(path: string, error: unknown): UsageError {
  return new UsageError(`cannot write ${path} (${errorCode(error)}); name another file after --trace`, {
    cause: error,
  });
}
