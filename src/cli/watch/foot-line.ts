/**
 * Owns the last row of a terminal. All others are made a scrolling region, so that whatever is written to the terminal,
 * by this process or another, scrolls above the row and needs not know of it. Each change is one small write, which a
 * terminal takes whole, and leaves the cursor where it was: also in the middle of a line.
 */

import { write, writeSync } from 'node:fs';

interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Tests replace it. */
interface FootTerminal {
  /** Undefined while it cannot have a foot: too small, or of unknown size. */
  readonly size: () => TerminalSize | undefined;
  /** Calls back when the text is written, or refused. A terminal that was stopped (Ctrl-S) takes it later. */
  readonly write: (text: string, done: () => void) => void;
  readonly writeNow: (text: string) => void;
}

/** Moves the cursor down and up again: if it was in the last row, everything has scrolled by one. */
const MAKE_ROOM = '\u001bD\u001b[A';
const SAVE = '\u001b7';
const RESTORE = '\u001b8';
const ALL_ROWS = '\u001b[r';
const CLEAR_ROW = '\u001b[2K';
const CLEAR_REST = '\u001b[0m\u001b[K';
/** A line that is too wide ends at the edge. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const PLAIN = '\u001b[0m';

const regionAbove = (rows: number): string => `\u001b[1;${rows - 1}r`;
const toRow = (row: number): string => `\u001b[${row};1H`;

const LEAST_ROWS = 4;
const LEAST_COLUMNS = 20;

/** Long enough for a write under way to come to its end. */
const PAUSE_MS = 5;

export class FootLine {
  readonly #terminal: FootTerminal;
  /** The rows that it had when the region was made; 0 without one. */
  #rows = 0;
  #shown = '';
  #isWriting = false;

  constructor(terminal: FootTerminal) {
    this.#terminal = terminal;
  }

  /** The columns for a text; undefined while nothing can be shown. */
  get columns(): number | undefined {
    return this.#terminal.size()?.columns;
  }

  /** Shows a text without control characters but colours; not while an earlier one is still on its way. */
  show(text: string): void {
    const size = this.#terminal.size();
    if (this.#isWriting || size === undefined) return;
    const { rows } = size;
    if (rows === this.#rows && text === this.#shown) return;
    const enter = rows === this.#rows ? '' : `${MAKE_ROOM}${SAVE}${regionAbove(rows)}${RESTORE}`;
    this.#rows = rows;
    this.#shown = text;
    this.#isWriting = true;
    const draw = `${SAVE}${toRow(rows)}${NO_WRAP}${PLAIN}${text}${CLEAR_REST}${WRAP}${RESTORE}`;
    this.#terminal.write(`${enter}${draw}`, () => {
      this.#isWriting = false;
    });
  }

  /** Gives the row back, now; `show` takes it again. */
  clear(): void {
    if (this.#rows === 0) return;
    // A write of the thread pool can't be awaited here, and must not come after this one
    if (this.#isWriting) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    this.#terminal.writeNow(`${SAVE}${ALL_ROWS}${toRow(this.#rows)}${CLEAR_ROW}${RESTORE}`);
    this.#rows = 0;
    this.#shown = '';
  }
}

/** Standard error, if it is a terminal. */
export function standardErrorFoot(): FootTerminal {
  const { stderr } = process;
  return {
    size() {
      const { columns = 0, rows = 0 } = stderr;
      return columns >= LEAST_COLUMNS && rows >= LEAST_ROWS ? { columns, rows } : undefined;
    },
    write: (text, done) => write(2, text, () => done()),
    writeNow(text) {
      try {
        writeSync(2, text);
      } catch {
        // A terminal that is gone has no row
      }
    },
  };
}
