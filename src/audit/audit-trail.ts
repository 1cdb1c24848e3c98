/** Owns the audit trail of a process: takes events, tells listeners, and has the lines written. */

import { valueText } from '../structures/value-text.js';
import { type AuditEvent, FREQUENT_EVENTS } from './events.js';
import { formatJson } from './format/json-format.js';
import { formatText } from './format/text-format.js';
import { openAuditFile, openStandardError } from './write/destination.js';
import { LineWriter } from './write/line-writer.js';
import type { RotationSettings } from './write/rotation.js';
import { SizeWatch } from './write/size-watch.js';

/** Receives events: the only part of the trail that most layers need. */
export interface AuditSink {
  /** Never throws and never waits. Do not change the event afterwards. */
  emit(event: AuditEvent): void;
}

/** Gets every event, with its time in milliseconds. If it throws, the trail notes it once. */
export type AuditListener = (event: AuditEvent, timeMs: number) => void;

export interface AuditTrail extends AuditSink {
  /** Calls `listener` on every event from now on, until the returned function is called. */
  onEvent(listener: AuditListener): () => void;
  /** Resolves when all emitted events are written, or their destination takes nothing; never rejects. */
  flush(): Promise<void>;
  /** The same, synchronously, for the end of a process. It runs by itself when the process exits. */
  flushSync(): void;
  /** Opens the audit file again, after a log rotation; does nothing for standard error. */
  reopen(): void;
  /** Flushes, ends a rotation under way, closes the file. Later events go to listeners only. May be called twice. */
  close(): Promise<void>;
}

interface AuditTrailParams {
  /** The file to append to; standard error if not given. */
  readonly file?: string | undefined;
  readonly format: 'text' | 'json';
  /** The size at which the file is rotated; never if not given, or if it is not a regular file. */
  readonly rotation?: RotationSettings | undefined;
  /** Now in milliseconds; `Date.now` by default. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Opens an audit trail. Up to 16 MB of lines wait for a destination that is slow, full or gone. Further lines
 * are dropped, and one line gives their number when writing continues. The trail never keeps a process alive.
 *
 * @throws FlagError naming `--audit-file` when the file cannot be opened.
 */
export function createAuditTrail({ file, format, rotation, clock = Date.now }: AuditTrailParams): AuditTrail {
  const formatEvent = format === 'json' ? formatJson : formatText;
  const formatLine = (event: AuditEvent, timeMs: number) => `${formatEvent(event, timeMs)}\n`;
  let refused = false;
  const watch = file === undefined || rotation === undefined ? undefined : watchOf(file, rotation);
  const writer = new LineWriter({
    destination: file === undefined ? openStandardError() : openAuditFile(file),
    onRefused(reason) {
      if (file === undefined || refused) return;
      refused = true;
      listeners.tell(unwritable(file, reason), clock());
    },
    formatDropped(count, reason) {
      const event: AuditEvent = { type: 'audit-dropped', count, reason };
      // Later, since a listener may emit something, and the writer is at work
      queueMicrotask(() => listeners.tell(event, clock()));
      return formatLine(event, clock());
    },
    watch,
  });
  const listeners = new Listeners((event) => write(event, clock()));
  // Other code should not wait for the formatting of a line.
  const late = new LateEvents(gather, () => writer.start());
  const flushSync = () => {
    late.handOver();
    writer.flushSync();
  };
  exitFlushes.add(flushSync);
  let closing = false;

  /** Reports the same problem once, however often it happens. */
  function watchOf(path: string, rotation: RotationSettings): SizeWatch {
    let complaint = '';
    return new SizeWatch({
      ...rotation,
      path,
      onRenamed: (byUs) => goOnIn(path, byUs ? { type: 'audit-rotated', path: `${path}.1` } : undefined),
      onFailed(what) {
        if (complaint === what) return;
        complaint = what;
        emit({ type: 'warning', text: `--audit-max-size: ${path} ${what}` });
      },
    });
  }

  function goOnIn(path: string, news: AuditEvent | undefined): void {
    if (closing) return;
    late.handOver();
    try {
      writer.replace(openAuditFile(path));
      if (news !== undefined) emit(news);
    } catch (error) {
      emit({ type: 'warning', text: `${(error as Error).message}; the old file is kept` });
    }
  }

  function gather(event: AuditEvent, timeMs: number): void {
    try {
      writer.gather(formatLine(event, timeMs));
    } catch (error) {
      const text = `an audit event of type ${String(event?.type)} cannot be written: ${valueText(error)}`;
      writer.gather(formatLine({ type: 'warning', text }, timeMs));
    }
  }

  function write(event: AuditEvent, timeMs: number): void {
    if (FREQUENT_EVENTS.has(event?.type)) {
      late.take(event, timeMs);
      return;
    }
    late.handOver();
    gather(event, timeMs);
    writer.start();
  }

  function emit(event: AuditEvent): void {
    const timeMs = clock();
    write(event, timeMs);
    if (listeners.size > 0) listeners.tell(event, timeMs);
  }

  return {
    emit,
    onEvent: (listener) => listeners.add(listener),
    flush() {
      late.handOver();
      return writer.flush();
    },
    flushSync,
    reopen() {
      if (file !== undefined) goOnIn(file, { type: 'audit-reopened', path: file });
    },
    async close() {
      closing = true;
      late.handOver();
      await writer.close();
      await watch?.end();
      exitFlushes.delete(flushSync);
    },
  };
}

/** For listeners only: the trail itself cannot have it. */
function unwritable(file: string, reason: string): AuditEvent {
  const text = `the audit trail cannot be written to ${file} (${reason}); it is tried again, and everything else goes on`;
  return { type: 'warning', text };
}

/**
 * Reopens the trail on every SIGHUP, which then no longer ends the process. Returns a function that stops
 * this.
 */
export function reopenOnHangup(trail: AuditTrail): () => void {
  const reopen = () => trail.reopen();
  process.on('SIGHUP', reopen);
  return () => void process.off('SIGHUP', reopen);
}

/** The number of events, and the time, that wait until they are made into lines together. */
const LATE_EVENTS = 256;
const LATE_MS = 10;

/**
 * Frequent events on their way to the writer, in their order. A caller that needs the order flushes all of
 * them at once.
 */
class LateEvents {
  readonly #gather: (event: AuditEvent, timeMs: number) => void;
  readonly #start: () => void;
  #events: AuditEvent[] = [];
  #times: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(gather: (event: AuditEvent, timeMs: number) => void, start: () => void) {
    this.#gather = gather;
    this.#start = start;
  }

  take(event: AuditEvent, timeMs: number): void {
    this.#events.push(event);
    this.#times.push(timeMs);
    if (this.#events.length === LATE_EVENTS) this.#leave();
    else this.#timer ??= setTimeout(() => this.#leave(), LATE_MS).unref();
  }

  /** Start the writer afterwards. */
  handOver(): void {
    if (this.#events.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events;
    const times = this.#times;
    this.#events = [];
    this.#times = [];
    for (const [index, event] of events.entries()) this.#gather(event, times[index] as number);
  }

  #leave(): void {
    this.handOver();
    this.#start();
  }
}

/** The listeners of one trail; one that throws is reported the first time and goes on being called. */
export class Listeners {
  readonly #listeners = new Map<object, AuditListener>();
  readonly #reported = new WeakSet<object>();
  readonly #report: (event: AuditEvent) => void;

  constructor(report: (event: AuditEvent) => void) {
    this.#report = report;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: AuditListener): () => void {
    const key = {};
    this.#listeners.set(key, listener);
    return () => void this.#listeners.delete(key);
  }

  tell(event: AuditEvent, timeMs: number): void {
    for (const [key, listener] of this.#listeners) {
      try {
        listener(event, timeMs);
      } catch (error) {
        if (this.#reported.has(key)) continue;
        this.#reported.add(key);
        this.#report({ type: 'warning', text: `an audit listener threw: ${valueText(error)}` });
      }
    }
  }
}

/** One exit listener for all trails of a process, present only while there are any. */
const exitFlushes = new (class {
  readonly #flushes = new Set<() => void>();
  readonly #run = () => {
    for (const flush of this.#flushes) flush();
  };

  add(flush: () => void): void {
    if (this.#flushes.size === 0) process.on('exit', this.#run);
    this.#flushes.add(flush);
  }

  delete(flush: () => void): void {
    if (this.#flushes.delete(flush) && this.#flushes.size === 0) process.off('exit', this.#run);
  }
})();
