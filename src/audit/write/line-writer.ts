/** Owns lines on their way out: gathers and limits them, and survives a destination that refuses them. */
import { closeSync, fstatSync } from 'node:fs';
import sonicBoom from 'sonic-boom';
import { waitAtMost } from '../../structures/wait-at-most.js';
import type { Destination } from './destination.js';
import type { SizeWatch } from './size-watch.js';
import { errorCode } from './unwritable.js';

/** The number of characters that may wait for a destination; further lines are dropped and counted. */
const WAITING_LIMIT = 16 * 1024 * 1024;

/**
 * The delay before a refused write is tried again: short for a full pipe, longer for anything else (a full
 * disk, a closed pipe).
 */
const RETRY_FULL_PIPE_MS = 20;
const RETRY_MS = 1000;

/** The time that a flush waits for a destination that takes nothing. */
const FLUSH_LIMIT_MS = 1000;

/**
 * The time that a synchronous flush waits for a chunk in the thread pool, which nothing tells it of. It sees when a file
 * has grown, and takes the first of these for anything else.
 */
const CHUNK_LIMIT_MS = { other: 5, file: 300 };

/** More than any chunk, so that sonic-boom writes when it is told to, not when it gets data. */
const NEVER_BY_ITSELF = 2 ** 28;

interface LineWriterParams {
  readonly destination: Destination;
  /** Makes the line (with its newline) with the number of dropped lines and the reason. */
  readonly formatDropped: (count: number, reason: string) => string;
  /** Called each time that the destination refuses a write; not for a full pipe. */
  readonly onRefused?: ((reason: string) => void) | undefined;
  /** Only for a file that is rotated. */
  readonly watch?: Pick<SizeWatch, 'look' | 'openAnew' | 'beginRotation'> | undefined;
}

/**
 * Lines are gathered into chunks, which go to sonic-boom one at a time; it owns the descriptor and partial
 * writes. The writer is in one of three states:
 *
 * - idle: nothing is under way. Lines gather until `start`.
 * - writing: one chunk is under way. Lines gather; the next chunk goes when it is written.
 * - refused: a write failed. Lines gather up to WAITING_LIMIT; the rest of the chunk is tried again at
 *   intervals.
 *
 * It never throws, waits only in `flushSync`, and its timers never keep a process alive.
 */
export class LineWriter {
  readonly #tell: Pick<LineWriterParams, 'formatDropped' | 'onRefused'>;
  readonly #watch: LineWriterParams['watch'];
  #destination: Destination;
  #successor: Destination | undefined;
  #sonic: sonicBoom.SonicBoom;
  #state: 'idle' | 'writing' | 'refused' = 'idle';
  #closed = false;
  readonly #chunks: string[] = [];
  #gathering = '';
  /** The chunk that sonic-boom has not confirmed; after a refusal some of it may be written. */
  #underWay = '';
  /** Characters taken and not confirmed, and confirmed in all. */
  #waiting = 0;
  #done = 0;
  #dropped = 0;
  #reason = '';
  #timer: NodeJS.Timeout | undefined;
  #onSettled: (() => void)[] = [];
  #syncDeadline = 0;

  constructor({ destination, watch, ...tell }: LineWriterParams) {
    this.#destination = destination;
    this.#tell = tell;
    this.#watch = watch;
    this.#sonic = this.#attach(destination);
  }

  /** Takes a line that ends in its newline; it is written after the next `start`. */
  gather(line: string): void {
    if (this.#closed) return;
    if (this.#waiting + line.length > WAITING_LIMIT) {
      this.#dropped++;
      if (this.#reason === '') this.#reason = 'too many waited';
      return;
    }
    this.#append(line);
  }

  /** Writes the gathered lines, and those that gather meanwhile. */
  start(): void {
    if (this.#state === 'idle') this.#next();
  }

  /** Resolves when all lines so far are written, or are refused, or after a second of nothing; never rejects. */
  async flush(): Promise<void> {
    const target = this.#done + this.#waiting;
    if (this.#state === 'refused') this.#retry();
    else this.start();
    while (this.#done < target) {
      const before = this.#done;
      await this.#settled();
      if (this.#done === before) return;
    }
  }

  /** Writes all lines before it returns, for the end of a process; gives up on a refusal or after a second. */
  flushSync(): void {
    if (this.#waiting === 0) return;
    this.#stopTimer();
    if (this.#state === 'idle' && this.#watch?.look(this.#destination.fd) === 'deleted') this.#leaveDeleted();
    this.#syncDeadline = performance.now() + FLUSH_LIMIT_MS;
    try {
      if (this.#state === 'writing') this.#awaitChunk();
      if (this.#state === 'refused') {
        this.#sonic.flushSync();
        this.#confirm();
      }
      for (let chunk = this.#takeChunk(); chunk !== ''; chunk = this.#takeChunk()) {
        if (this.#state === 'idle') this.#underWay = chunk;
        this.#sonic.write(chunk);
        this.#sonic.flushSync();
        if (this.#state === 'idle') this.#confirm();
        else this.#count(chunk.length);
        if (this.#dropped > 0) this.#tellDropped();
      }
    } catch (error) {
      if (this.#state === 'idle') this.#refuse(error);
      else this.#reason = errorCode(error);
    } finally {
      this.#syncDeadline = 0;
    }
  }

  /** Else the next chunk might overtake it. */
  #awaitChunk(): void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const stats = fstatSync(this.#destination.fd);
    const until = performance.now() + (stats.isFile() ? CHUNK_LIMIT_MS.file : CHUNK_LIMIT_MS.other);
    while (performance.now() < until) {
      Atomics.wait(pause, 0, 0, 1);
      if (stats.isFile() && fstatSync(this.#destination.fd).size !== stats.size) return;
    }
  }

  /**
   * Continues with another destination after the current chunk. Text that the old one refused goes there too.
   */
  replace(destination: Destination): void {
    if (this.#state === 'writing') {
      if (this.#successor !== undefined) closeSync(this.#successor.fd);
      this.#successor = destination;
      return;
    }
    this.#stopTimer();
    this.#exchange(destination);
    this.#next();
    if (this.#state === 'idle') this.#settle();
  }

  /** Flushes and closes; standard error stays open. Later lines are ignored. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    // again, for the line about the dropped ones
    await this.flush();
    this.#stopTimer();
    await waitAtMost(FLUSH_LIMIT_MS, this.#release());
  }

  #append(line: string): void {
    if (this.#gathering !== '' && this.#gathering.length + line.length > this.#destination.chunkLength) {
      this.#chunks.push(this.#gathering);
      this.#gathering = '';
    }
    this.#gathering += line;
    this.#waiting += line.length;
  }

  #takeChunk(): string {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return chunk;
    const gathered = this.#gathering;
    this.#gathering = '';
    return gathered;
  }

  /** Starts writing the next chunk; only when idle. */
  #next(): void {
    this.#underWay = this.#takeChunk();
    if (this.#underWay === '') return;
    this.#state = 'writing';
    this.#sonic.write(this.#underWay);
    this.#sonic.flush();
  }

  #retry(): void {
    this.#stopTimer();
    this.#state = 'writing';
    this.#sonic.flush();
  }

  #written(): void {
    const look = this.#watch?.look(this.#destination.fd);
    if (look === 'deleted' && this.#leaveDeleted()) {
      this.#next();
      return;
    }
    this.#confirm();
    if (!this.#succeed() && look === 'full') this.#watch?.beginRotation(this.#destination.fd);
    if (this.#dropped > 0) this.#tellDropped();
    this.#next();
    this.#settle();
  }

  /** Text in a deleted file counts as refused: it goes to the next one. */
  #leaveDeleted(): boolean {
    const replacement = this.#watch?.openAnew();
    if (replacement === undefined) return false;
    this.#state = 'refused';
    this.#exchange(replacement);
    return true;
  }

  #exchange(destination: Destination): void {
    if (this.#underWay !== '') this.#chunks.unshift(this.#underWay);
    this.#underWay = '';
    this.#release();
    this.#destination = destination;
    this.#sonic = this.#attach(destination);
    this.#state = 'idle';
  }

  #succeed(): boolean {
    const successor = this.#successor;
    if (successor === undefined) return false;
    this.#successor = undefined;
    this.#exchange(successor);
    return true;
  }

  #refuse(error: unknown): void {
    this.#state = 'refused';
    if (this.#succeed()) {
      this.#next();
      return;
    }
    this.#reason = errorCode(error);
    const pipeIsFull = this.#reason === 'EAGAIN';
    this.#timer ??= setTimeout(() => this.#retry(), pipeIsFull ? RETRY_FULL_PIPE_MS : RETRY_MS).unref();
    if (pipeIsFull) return;
    this.#settle();
    this.#tell.onRefused?.(this.#reason);
  }

  #confirm(): void {
    this.#state = 'idle';
    this.#count(this.#underWay.length);
    this.#underWay = '';
  }

  #count(length: number): void {
    this.#waiting -= length;
    this.#done += length;
  }

  /**
   * Called whenever there is new room, before any line can use it: so the line takes the place of the missing
   * ones.
   */
  #tellDropped(): void {
    const line = this.#tell.formatDropped(this.#dropped, this.#reason);
    this.#dropped = 0;
    this.#reason = '';
    this.#append(line);
  }

  /** Resolves with the next confirmed chunk or final refusal, or after a second without either. */
  #settled(): Promise<void> {
    return waitAtMost(FLUSH_LIMIT_MS, new Promise<void>((resolve) => this.#onSettled.push(resolve)));
  }

  #settle(): void {
    if (this.#onSettled.length === 0) return;
    const waiting = this.#onSettled;
    this.#onSettled = [];
    for (const resolve of waiting) resolve();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** `dest` and not `fd`, which sonic-boom takes for missing when it is 0. */
  #attach({ fd }: Destination): sonicBoom.SonicBoom {
    const sonic = new sonicBoom.SonicBoom({
      dest: fd,
      minLength: NEVER_BY_ITSELF,
      maxWrite: NEVER_BY_ITSELF + 1,
      // Its own retries of EAGAIN would keep the process alive; only flushSync needs them.
      retryEAGAIN: () => performance.now() < this.#syncDeadline,
    });
    sonic.on('drain', () => this.#written());
    sonic.on('error', (error) => this.#refuse(error));
    return sonic;
  }

  /** Lets sonic-boom finish its write, if one is under way, and close; after a refusal it closes at once. */
  #release(): Promise<void> {
    const sonic = this.#sonic;
    return new Promise((resolve) => {
      sonic.removeAllListeners('drain');
      sonic.removeAllListeners('error');
      sonic.on('error', () => sonic.destroy());
      sonic.on('close', resolve);
      if (this.#state === 'refused') sonic.destroy();
      else sonic.end();
    });
  }
}
