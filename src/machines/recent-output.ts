/**
 * The lines that slaves printed last, for people who look at one of them: 50 lines of 200 characters each, of the 200
 * slaves, or other machines, that printed last. Colours are left out, and so is the audit trail of a slave that writes it to
 * standard error: it would push out what the tasks print.
 */

import { ownText } from '../structures/own-text.js';
import { withoutStyles } from './shown-line.js';

export interface RecentLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** The output of one slave. */
export interface RecentLines {
  /** The last ones, the oldest first. */
  readonly lines: readonly RecentLine[];
  /** Those before them, and those that were left out in the terminal too. */
  readonly leftOut: number;
}

/** Takes the lines of one slave. */
export interface LineKeeper {
  /** `line` is fit to be shown. */
  add(stream: RecentLine['stream'], line: string): void;
  /** One more was left out. */
  leaveOut(): void;
}

const MOST_LINES = 50;
const MOST_CHARACTERS = 200;
const MOST_SLAVES = 200;
/** The beginning of a line of a trail, in its two forms. */
const OF_TRAIL = /^(?:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d \[A\] |\{"time":"\d{4}-[^"]+","type":")/;

interface Kept {
  readonly name: () => string;
  readonly lines: RecentLine[];
  leftOut: number;
}

export class RecentOutput {
  readonly #wallClock: () => number;
  /** The one that printed last is at the end. */
  readonly #kept = new Set<Kept>();

  /** Unix milliseconds. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
  }

  /** Of a slave that may have another name later, as one that joins. */
  keeper(name: () => string): LineKeeper {
    const kept: Kept = { name, lines: [], leftOut: 0 };
    return {
      add: (stream, line) => {
        if (stream === 'stderr' && OF_TRAIL.test(line)) return;
        this.#touch(kept);
        const text = withoutStyles(line);
        const isLong = text.length > MOST_CHARACTERS;
        const shown = isLong ? `${ownText(text.slice(0, MOST_CHARACTERS))}…` : text;
        kept.lines.push({ stream, text: shown, atMs: this.#wallClock() });
        if (kept.lines.length <= MOST_LINES) return;
        kept.lines.shift();
        kept.leftOut++;
      },
      leaveOut: () => {
        this.#touch(kept);
        kept.leftOut++;
      },
    };
  }

  /** Of the slave of that name; undefined if it has printed nothing, or others have printed since. */
  find(name: string): RecentLines | undefined {
    for (const { name: nameOf, lines, leftOut } of this.#kept)
      if (nameOf() === name) return { lines, leftOut };
    return undefined;
  }

  #touch(kept: Kept): void {
    this.#kept.delete(kept);
    this.#kept.add(kept);
    const [oldest] = this.#kept;
    if (this.#kept.size > MOST_SLAVES && oldest !== undefined) this.#kept.delete(oldest);
  }
}
