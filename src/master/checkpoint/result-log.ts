/**
 * Keeps results safe from SIGKILL at once, in two files that take turns. A batch is committed when the
 * operating system has it; nothing waits for the disk. When the store has taken and flushed the results of a
 * file, they are no longer needed here, and the file is emptied.
 *
 * The digest of a batch shows whether a kill or a loss of power cut it off; such a batch ends its file.
 */

import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, write } from 'node:fs';
import { join } from 'node:path';
import { type Body, bodyBytes, writeBody } from '../../wire/messages/body.js';
import type { Task } from '../model/task.js';
import { crc32 } from './crc32.js';
import { keyBytes, writeKey } from './result-keys.js';

/** Digest, length of the rest, count, first place. */
const DIGEST_BYTES = 16;
const HEAD_BYTES = DIGEST_BYTES + 4 + 4 + 8;
/** Number of the algorithm, length of the key, length of the value. */
const ENTRY_BYTES = 12;
/** Before the bytes of a result: its place, and the checksum of its key, its place and its bytes. */
const PLACE_BYTES = 8;
export const VALUE_HEAD_BYTES = PLACE_BYTES + 4;
/** A larger file makes room for the other one, if that is empty. */
const TURN_BYTES = 8 * 1024 * 1024;

/** One committed group of results, at `first` and the places after it; `bytes` holds all of it. */
export interface LoggedBatch {
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export interface LoggedResult {
  readonly algorithm: number;
  readonly key: Uint8Array;
  /** Place and result. */
  readonly value: Uint8Array;
}

export interface WrittenResult {
  readonly task: Task;
  readonly algorithm: number;
  readonly body: Body;
}

export function encodeBatch(first: number, results: readonly WrittenResult[]): LoggedBatch {
  let size = HEAD_BYTES;
  for (const { task, body } of results)
    size += ENTRY_BYTES + keyBytes(task) + VALUE_HEAD_BYTES + bodyBytes(body);
  // Not from the pool: lmdb reads from it later.
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = HEAD_BYTES;
  let place = first;
  for (const { task, algorithm, body } of results) {
    const key = at + ENTRY_BYTES;
    const value = writeKey(task, algorithm, bytes, key);
    bytes.writeDoubleBE(place++, value);
    const end = writeBody(body, bytes, value + VALUE_HEAD_BYTES);
    bytes.writeUInt32BE(
      checksum(bytes.subarray(key, value), bytes.subarray(value, end)),
      value + PLACE_BYTES,
    );
    bytes.writeUInt32BE(algorithm, at);
    bytes.writeUInt32BE(value - key, at + 4);
    bytes.writeUInt32BE(end - value, at + 8);
    at = end;
  }
  bytes.writeUInt32BE(size - HEAD_BYTES, DIGEST_BYTES);
  bytes.writeUInt32BE(results.length, DIGEST_BYTES + 4);
  bytes.writeDoubleBE(first, DIGEST_BYTES + 8);
  bytes.set(digestOf(bytes), 0);
  return { first, count: results.length, bytes };
}

/** The place of a stored result; undefined if the disk gives other bytes for this key than were stored. */
export function placeOf(key: Uint8Array, value: Uint8Array): number | undefined {
  if (value.length < VALUE_HEAD_BYTES) return undefined;
  const view = new DataView(value.buffer, value.byteOffset);
  return view.getUint32(PLACE_BYTES) === checksum(key, value) ? view.getFloat64(0) : undefined;
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value.subarray(VALUE_HEAD_BYTES), crc32(value.subarray(0, PLACE_BYTES), crc32(key, 0)));
}

/** The results of a batch: views of its bytes. */
export function* resultsOf({ bytes, count }: LoggedBatch): Iterable<LoggedResult> {
  let at = HEAD_BYTES;
  for (let left = count; left > 0; left--) {
    const algorithm = bytes.readUInt32BE(at);
    const key = at + ENTRY_BYTES;
    const value = key + bytes.readUInt32BE(at + 4);
    const end = value + bytes.readUInt32BE(at + 8);
    yield { algorithm, key: bytes.subarray(key, value), value: bytes.subarray(value, end) };
    at = end;
  }
}

interface LogFile {
  readonly fd: number;
  size: number;
  /** The place after the last result in it. */
  end: number;
}

export class ResultLog {
  readonly #files: LogFile[] = [];
  #current = 0;

  private constructor() {}

  /** Opens the two files of a folder and reads their batches, by places. */
  static open(folder: string): { log: ResultLog; batches: LoggedBatch[] } {
    const batches: LoggedBatch[] = [];
    const log = new ResultLog();
    try {
      for (const name of ['log.0', 'log.1']) {
        const fd = openSync(join(folder, name), 'a+', 0o600);
        log.#files.push({ fd, size: 0, end: 0 });
        batches.push(...parseBatches(readFileSync(fd)));
      }
    } catch (error) {
      log.close();
      throw error;
    }
    return { log, batches: batches.sort((one, other) => one.first - other.first) };
  }

  /** Forgets the batches that `open` has read: the store has them. */
  clear(): void {
    for (const file of this.#files) empty(file);
  }

  /** Resolves when the operating system has the batch. One at a time. */
  async append({ first, count, bytes }: LoggedBatch): Promise<void> {
    const file = this.#fileToUse();
    for (let done = 0; done < bytes.length; ) done += await writeTo(file.fd, bytes, done);
    file.size += bytes.length;
    file.end = first + count;
  }

  #fileToUse(): LogFile {
    const other = this.#files[1 - this.#current] as LogFile;
    const current = this.#files[this.#current] as LogFile;
    if (current.size < TURN_BYTES || other.size > 0) return current;
    this.#current = 1 - this.#current;
    return other;
  }

  /** All results before `place` are in the store, and on the disk. */
  release(place: number): void {
    const other = this.#files[1 - this.#current] as LogFile;
    if (other.size > 0 && other.end <= place) empty(other);
  }

  close(): void {
    for (const { fd } of this.#files) closeSync(fd);
  }
}

function empty(file: LogFile): void {
  ftruncateSync(file.fd, 0);
  file.size = 0;
}

function writeTo(fd: number, bytes: Buffer, from: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.length - from, null, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

function parseBatches(bytes: Buffer): LoggedBatch[] {
  const batches: LoggedBatch[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + DIGEST_BYTES);
    const batch = bytes.subarray(at, end);
    if (end > bytes.length || !digestOf(batch).equals(batch.subarray(0, DIGEST_BYTES))) break;
    batches.push({
      first: batch.readDoubleBE(DIGEST_BYTES + 8),
      count: batch.readUInt32BE(DIGEST_BYTES + 4),
      bytes: batch,
    });
    at = end;
  }
  return batches;
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(DIGEST_BYTES)).digest().subarray(0, DIGEST_BYTES);
}
