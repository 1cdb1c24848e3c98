/**
 * Shows what slaves print in the terminal of their master, each line behind the name of its slave: `SLAVE-3| …`. A
 * slave has a thousand lines and 256 KB in each second; further lines are left out, and their number stands before the
 * next one that is shown. Knows neither processes nor streams, so that it serves slaves of any machine: the part that keeps
 * a slave makes a source for it, and gives that the bytes as they come.
 */

import { counted } from '../structures/counted.js';
import { LineCutter } from './line-cutter.js';
import type { LineKeeper, RecentOutput } from './recent-output.js';
import { shownLine } from './shown-line.js';

export type OutputStream = 'stdout' | 'stderr';

export interface ForwardedOutputParams {
  /** Takes whole lines; false if it has no room for them, and then they count as left out. */
  readonly write: (stream: OutputStream, text: string) => boolean;
  /** Milliseconds, of a clock that does not go back. */
  readonly now: () => number;
  /** Keeps the last lines of each slave, for people who look at one. */
  readonly recent?: RecentOutput | undefined;
}

/** The output of one slave process. */
export interface OutputSource {
  take(stream: OutputStream, chunk: Buffer): void;
  /** Nothing more comes. May be called twice. */
  end(): void;
}

export const MOST_LINES = 1_000;
export const MOST_BYTES = 256 * 1024;
const WINDOW_MS = 1_000;

export class ForwardedOutput {
  readonly #params: ForwardedOutputParams;
  readonly #slaves = new Set<SlaveLines>();

  constructor(params: ForwardedOutputParams) {
    this.#params = params;
  }

  /** The name is asked for with each line, since a slave has its id only when it has joined. */
  source(name: () => string): OutputSource {
    const slave = new SlaveLines(this.#params, name);
    this.#slaves.add(slave);
    const cutters = {
      stdout: new LineCutter((line) => slave.show('stdout', line)),
      stderr: new LineCutter((line) => slave.show('stderr', line)),
    };
    return {
      take(stream, chunk) {
        cutters[stream].take(chunk);
        slave.write();
      },
      end: () => {
        cutters.stdout.end();
        cutters.stderr.end();
        slave.tellLeftOut();
        slave.write();
        this.#slaves.delete(slave);
      },
    };
  }

  /** Tells how much was left out of slaves that print no more. Call it now and then. */
  tellLeftOut(): void {
    for (const slave of this.#slaves) {
      slave.tellLeftOut();
      slave.write();
    }
  }
}

/** The lines of one slave, and how many it may still show in this second. */
class SlaveLines {
  readonly #params: ForwardedOutputParams;
  readonly #name: () => string;
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #bytes = 0;
  /** Once a line was left out, all are, until the second is over: what is shown has its gaps at few places. */
  #isFull = false;
  readonly #keeper: LineKeeper | undefined;
  #leftOut = 0;
  /** Lines that are written together, how many the slave printed of them, and the stream that they are for. */
  #gathered = '';
  #gatheredLines = 0;
  #stream: OutputStream = 'stderr';

  constructor(params: ForwardedOutputParams, name: () => string) {
    this.#params = params;
    this.#name = name;
    this.#keeper = params.recent?.keeper(name);
  }

  show(stream: OutputStream, line: string): void {
    this.#renew();
    if (stream !== this.#stream) this.write();
    this.#stream = stream;
    this.#isFull ||= this.#lines >= MOST_LINES || this.#bytes + line.length > MOST_BYTES;
    if (this.#isFull) {
      this.#leftOut++;
      this.#keeper?.leaveOut();
      return;
    }
    this.tellLeftOut();
    this.#lines++;
    this.#bytes += line.length;
    this.#gatheredLines++;
    const shown = shownLine(line);
    this.#keeper?.add(stream, shown);
    this.#gather(shown);
  }

  tellLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.#gather(`(${counted(this.#leftOut, 'line')} left out)`);
    this.#gatheredLines += this.#leftOut;
    this.#leftOut = 0;
  }

  write(): void {
    if (this.#gathered === '') return;
    if (!this.#params.write(this.#stream, this.#gathered)) {
      this.#leftOut += this.#gatheredLines;
      this.#isFull = true;
    }
    this.#gathered = '';
    this.#gatheredLines = 0;
  }

  #renew(): void {
    const now = this.#params.now();
    if (now - this.#windowStart < WINDOW_MS) return;
    this.#windowStart = now;
    this.#lines = 0;
    this.#bytes = 0;
    this.#isFull = false;
  }

  #gather(text: string): void {
    this.#gathered += `${this.#name()}| ${text}\n`;
  }
}
