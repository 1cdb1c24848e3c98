/**
 * Keeps the resource file up to date, in atomic writes one after another; a failed write stops nothing.
 *
 * A master overwrites the file of its own run and of a run that has ended, and leaves alone a file that
 * another master has taken. Reading and writing happen under FILE.lock, so that of two masters that start at
 * once, the later one sees the other's file.
 */

import { stat } from 'node:fs/promises';
import { LONGEST_TIMER_MS } from '../../algorithms/loop-timeout.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { leaveLock, takeLock } from '../../audit/write/file-lock.js';
import { thisOwner } from '../../audit/write/file-owner.js';
import { isLasting, whyUnwritable } from '../../audit/write/unwritable.js';
import { FlagError } from '../../errors.js';
import type { BrokerAddress } from '../../link/ports.js';
import { findPreviousRun } from './previous-run.js';
import { type ResourceFile, readResourceFile, writeResourceFile } from './resource-file.js';

/** A program may ask for slaves several times in a row. */
const SOON_MS = 250;
/** A lock of a dead process is taken over after two seconds. */
const LOCK_WITHIN_MS = 3_000;
const LOCK_RETRY_MS = 20;

interface ResourceWriterOptions {
  readonly path: string;
  readonly intervalMs: number;
  readonly audit: AuditSink;
  /** Names the run of this master. */
  readonly run: string;
  /** The address of the broker of a master in the file. */
  readonly reach: (file: ResourceFile) => BrokerAddress;
}

type Status = ResourceFile['computation-status'];

export class ResourceWriter {
  readonly #options: ResourceWriterOptions;
  /** `looking` until the first write; finally `taken` if another master has the file. */
  #state: 'looking' | 'holding' | 'taken' | 'ended' = 'looking';
  /** A run that has ended, or cannot be judged. */
  #previousRun: string | undefined;
  #describe: ((status: Status) => ResourceFile) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #needed = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ResourceWriterOptions) {
    this.#options = options;
  }

  /**
   * Finds the owner of the file without writing; takes at most five seconds. A master that cannot be judged
   * loses the file, with a warning. Throws FlagError if its master is alive, and for what is there and is no file: it
   * would be replaced, also if it is a device.
   */
  async claim(): Promise<void> {
    const { path, reach } = this.#options;
    await refuseOther(path);
    const file = await this.#read((reason) => this.#warn(`${reason}; it is replaced`));
    if (file === undefined || this.#mayReplace(file)) return;
    const found = await findPreviousRun(file, reach(file));
    if (found.state === 'alive') {
      throw new FlagError(
        '--resource-file',
        `expected a file that no other master has, but ${path} belongs to ${masterOf(file)}, which is alive (${found.evidence}); stop that one, or type --resource-file with another name`,
      );
    }
    if (found.state === 'unclear') {
      this.#warn(
        `${path} belongs to ${masterOf(file)}, which may still be alive (${found.evidence}); it is taken over`,
      );
    }
    this.#previousRun = file['run-id'];
  }

  /**
   * Writes the result of `describe` now and again at each interval. Throws FlagError as `claim` does, and if the file
   * cannot be written for a reason that lasts.
   */
  async begin(describe: (status: Status) => ResourceFile): Promise<void> {
    this.#describe = describe;
    // A master that began at the same time may have been first
    while ((await this.#write('in-progress', 'first')) !== undefined) await this.#claimAgain();
    // setInterval takes at most 2^31 - 1 ms; a longer one would fire at once.
    const intervalMs = Math.min(this.#options.intervalMs, LONGEST_TIMER_MS);
    this.#timer = setInterval(() => void this.#update('in-progress'), intervalMs);
    this.#timer.unref();
  }

  async #claimAgain(): Promise<void> {
    try {
      await this.claim();
    } catch (error) {
      this.#state = 'taken';
      throw error;
    }
  }

  /** More slaves are asked for: an overseer should not wait for the next interval. At most four writes per second. */
  askForSlaves(): void {
    if (this.#soon !== undefined || this.#state !== 'holding') return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      const needed = this.#describe?.('in-progress')['slaves-needed'] ?? 0;
      if (needed > this.#needed) void this.#update('in-progress');
    }, SOON_MS);
    this.#soon.unref();
  }

  /** The last write; `in-progress` if the computation did not end. May be called twice. */
  async end(status: Status): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#update(status);
    this.#state = 'ended';
  }

  #update(status: Status): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#state === 'taken' || this.#state === 'ended') return;
      const other = await this.#write(status);
      if (other === undefined) return;
      this.#state = 'taken';
      clearInterval(this.#timer);
      const { path } = this.#options;
      this.#warn(
        `${path} was taken by ${masterOf(other)} and is left alone; give each master a file of its own`,
      );
    });
    return this.#writing;
  }

  /** Returns the file that is there instead if it must not be overwritten. */
  async #write(status: Status, turn?: 'first'): Promise<ResourceFile | undefined> {
    const { path, audit } = this.#options;
    const wanted = this.#describe?.(status);
    if (wanted === undefined) return undefined;
    try {
      return await this.#locked(async () => {
        const file = await this.#read();
        if (file !== undefined && !this.#mayReplace(file)) return file;
        await writeResourceFile(path, wanted);
        this.#state = 'holding';
        this.#needed = wanted['slaves-needed'];
        audit.emit({ type: 'resource-file-written', path });
        return undefined;
      });
    } catch (error) {
      if (turn === 'first' && isLasting(error)) {
        throw new FlagError('--resource-file', whyUnwritable(path, error), { cause: error });
      }
      const reason = error instanceof Error ? error.message : String(error);
      audit.emit({ type: 'resource-file-unwritten', path, reason });
      return undefined;
    }
  }

  /** Once the file is ours, any other run in it has taken it. */
  #mayReplace(file: ResourceFile): boolean {
    const run = file['run-id'];
    if (run === this.#options.run) return true;
    return (
      this.#state === 'looking' && (run === this.#previousRun || file['computation-status'] === 'finished')
    );
  }

  /** Undefined if there is none, or if it is not a resource file. */
  async #read(onUnusable: (reason: string) => void = () => {}): Promise<ResourceFile | undefined> {
    try {
      const reading = await readResourceFile(this.#options.path);
      return reading.status === 'read' ? reading.file : undefined;
    } catch (error) {
      onUnusable(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /**
   * A lock that is never released must not keep a master from writing its end: then it only reads the file
   * first.
   */
  async #locked<T>(body: () => Promise<T>): Promise<T> {
    const lock = `${this.#options.path}.lock`;
    const holder = thisOwner();
    const deadline = performance.now() + LOCK_WITHIN_MS;
    let taken = await takeLock(lock, holder);
    while (!taken && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
      taken = await takeLock(lock, holder);
    }
    try {
      return await body();
    } finally {
      if (taken) await leaveLock(lock, holder);
    }
  }

  #warn(text: string): void {
    this.#options.audit.emit({ type: 'warning', text: `--resource-file: ${text}` });
  }
}

async function refuseOther(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.isFile()) return;
  const kind = stats.isDirectory()
    ? 'a folder; name a file in it'
    : 'a device, a pipe or a socket; name another file';
  throw new FlagError('--resource-file', `expected a file to write, ${path} is ${kind}`);
}

function masterOf(file: ResourceFile): string {
  const known = file['master-process'];
  const where = known === undefined ? '' : ` (pid ${known.pid} on ${known.host})`;
  return `run ${file['run-id']} of member ${JSON.stringify(file['member-id'])}${where}`;
}
