/** Owns the form of a notice: one line for people at a terminal. The trail has the facts for programs. */

import type { AuditEvent } from '../events.js';
import { escapeControls } from '../format/text-fields.js';

export interface Notice {
  /** Its colour on terminals with colours. */
  readonly tone: 'plain' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

/**
 * Turns events into notices. A fold has no clock and no timer: gathered events are due at `dueMs`, and the
 * owner of a clock calls `tick` then.
 */
export interface NoticeFold {
  take(event: AuditEvent, timeMs: number): readonly Notice[];
  /** Undefined if no event is gathered. */
  readonly dueMs: number | undefined;
  /** The notices that are due by now. */
  tick(timeMs: number): readonly Notice[];
  /** The remaining notices, at the end of the process. */
  end(): readonly Notice[];
}

export const NO_NOTICES: readonly Notice[] = [];

/** Characters of a line; more would bury the lines around it. */
const MOST_CHARACTERS = 2_000;

const COLOURS: Readonly<Record<Notice['tone'], string>> = {
  plain: '',
  good: '\u001b[32m',
  warning: '\u001b[33m',
  bad: '\u001b[31m',
};
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';

/** `mw 21:43:59 text`, in local time, without a newline. It is always one line. */
export function formatNotice({ tone, text }: Notice, timeMs: number, coloured: boolean): string {
  const time = new Date(timeMs);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const line = escapeControls(shorten(text, MOST_CHARACTERS));
  if (!coloured) return `mw ${clock} ${line}`;
  const colour = COLOURS[tone];
  return `${DIM}mw ${clock}${RESET} ${colour}${line}${colour === '' ? '' : RESET}`;
}

export const plain = (text: string): Notice => ({ tone: 'plain', text });
export const good = (text: string): Notice => ({ tone: 'good', text });
export const warning = (text: string): Notice => ({ tone: 'warning', text });
export const bad = (text: string): Notice => ({ tone: 'bad', text });

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
