/** The last 2,000 lines of the trail, except for those that every message causes. */

import type { AuditEvent } from '../../audit/events.js';
import { formatText } from '../../audit/format/text-format.js';

export interface TailLine {
  readonly atMs: number;
  readonly type: string;
  readonly text: string;
}

const MOST_LINES = 2_000;
const MOST_CHARACTERS = 600;
const PREFIX_LENGTH = 'MM/DD/YYYY HH:MM:SS [A] '.length;

/** An event as a line, without its time. */
export function lineOf(event: AuditEvent, atMs: number): string {
  const text = formatText(event, atMs).slice(PREFIX_LENGTH);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

export class TrailTail {
  #lines: TailLine[] = [];
  /** Lines that came, also those that are forgotten. */
  count = 0;

  add(type: string, text: string, atMs: number): void {
    this.count++;
    this.#lines.push({ atMs, type, text });
    if (this.#lines.length >= 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }

  /** Oldest first. */
  lines(): readonly TailLine[] {
    return this.#lines.slice(-MOST_LINES);
  }
}
