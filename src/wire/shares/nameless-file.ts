/**
 * Files for the bytes of shared values: without a name, found by their descriptor (`/proc/PID/fd/N`), which the system
 * shows to the same user only. Each is gone with the last process that has it open, however that ends. So there are some
 * on Linux only.
 */

import { randomBytes } from 'node:crypto';
import {
  close,
  closeSync,
  constants,
  openSync,
  readSync,
  statfsSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ShareCopy } from '../../algorithms/shared.js';

/** All of the process together. */
const MOST_BYTES = 4 * 1024 * 1024 * 1024;
/** Of what is free in the folder, one takes no more than this. */
const MOST_OF_FREE = 0.5;
const NOTHING = new Uint8Array(0);

const writeSoon = promisify(write);
let bytesOfAll = 0;

export class NamelessFile {
  readonly #fd: number;
  readonly #size: number;
  #isClosed = false;

  private constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
    bytesOfAll += size;
  }

  /** Undefined where there is no room for that many bytes; throws the system's error. */
  static open(size: number, folder = tmpdir()): NamelessFile | undefined {
    if (process.platform !== 'linux' || bytesOfAll + size > MOST_BYTES) return undefined;
    const { bavail, bsize } = statfsSync(folder);
    if (size > bavail * bsize * MOST_OF_FREE) return undefined;
    const path = join(folder, `ts-mw-${randomBytes(16).toString('hex')}`);
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      unlinkSync(path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return new NamelessFile(fd, size);
  }

  /** Throws the system's error. */
  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.byteLength; ) {
      done += writeSync(this.#fd, bytes, done, bytes.byteLength - done, at + done);
    }
  }

  /** The same, while the main thread goes on; do not close it meanwhile. */
  async writeSoon(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await writeSoon(this.#fd, bytes, done, bytes.byteLength - done, at + done);
      done += bytesWritten;
    }
  }

  /** Call it when all bytes are written: they get a mark behind them. */
  seal(): ShareCopy {
    const mark = randomBytes(16).toString('hex');
    this.write(Buffer.from(mark, 'latin1'), this.#size);
    return { path: `/proc/${process.pid}/fd/${this.#fd}`, head: NOTHING, mark };
  }

  /** Throws the system's error. */
  read(room: Uint8Array, from: number): void {
    for (let done = 0; done < room.byteLength; ) {
      const got = readSync(this.#fd, room, done, room.byteLength - done, from + done);
      if (got === 0) throw new Error('the file of a shared value is shorter than it was');
      done += got;
    }
  }

  /** A process that reads it goes on. It may be closed twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    bytesOfAll -= this.#size;
    // To free the memory of a large one takes a while
    close(this.#fd, () => {});
  }
}
