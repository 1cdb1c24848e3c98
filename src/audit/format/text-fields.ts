/** Owns the writing of one field into a text line, and its reading. */
import type { AuditedAttempt, AuditedCount } from '../events.js';

/** The printing of one kind of field, its pattern in a line (without groups), and its reading. */
export interface FieldKind {
  readonly write: (value: unknown) => string;
  readonly pattern: string;
  readonly read: (text: string) => unknown;
  /** Whether a value from a JSON line may be in such a field. */
  readonly accepts: (value: unknown) => boolean;
}

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
/** We never write more digits; with many more it is not a finite number. */
const DIGITS = '\\d{1,16}';
const COUNT = `${QUOTED} ${DIGITS}`;
const ATTEMPT = `[^\\s"]+ #${DIGITS} ${QUOTED}`;

// Control characters and line separators would break the line or control the terminal; the backslash keeps it
// reversible.
const UNPRINTABLE = /[\\\p{Cc}\p{Zl}\p{Zp}]/u;
const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu');
const UNPRINTABLE_OR_BLANK = new RegExp(`${UNPRINTABLE.source}|\\s`, 'u');
const UNPRINTABLES_OR_BLANKS = new RegExp(UNPRINTABLE_OR_BLANK, 'gu');
/** Characters that JSON leaves unchanged. */
const JSON_UNPRINTABLES = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** Bidirectional marks too: they would let a text show something else. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const LONG: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => Number.isFinite(value);

const word: FieldKind = { write: writeWord, pattern: '\\S+', read: unescapeText, accepts: isString };

export const FIELD_KINDS: Readonly<Record<string, FieldKind>> = {
  id: { ...word, pattern: '(?:(?:SLAVE|TASK)-\\d+|MASTER)' },
  word,
  int: { write: String, pattern: `-?${DIGITS}`, read: Number, accepts: isNumber },
  sec: {
    write: (value) => (value as number).toFixed(1),
    pattern: `-?${DIGITS}\\.\\d`,
    read: Number,
    accepts: isNumber,
  },
  name: { write: quote, pattern: QUOTED, read: (text) => JSON.parse(text), accepts: isString },
  text: { write: escapeText, pattern: '.*', read: unescapeText, accepts: isString },
  caps: {
    write: (value) => writeWord(value).toUpperCase(),
    pattern: '[A-Z-]+',
    read: (text) => text.toLowerCase(),
    accepts: isString,
  },
  runs: {
    write: (value) => (value as readonly AuditedAttempt[]).map(writeAttempt).join(', '),
    pattern: `(?:${ATTEMPT}(?:, ${ATTEMPT})*)?`,
    read: readAttempts,
    accepts: (value) => Array.isArray(value) && value.every(isAttempt),
  },
  tally: {
    write: (value) =>
      (value as readonly AuditedCount[])
        .map(({ algorithm, count }) => `${quote(algorithm)} ${count}`)
        .join(', '),
    pattern: `(?:${COUNT}(?:, ${COUNT})*)?`,
    read: readCounts,
    accepts: (value) => Array.isArray(value) && value.every(isCount),
  },
};

function escapeText(value: unknown): string {
  const text = String(value);
  return UNPRINTABLE.test(text) ? text.replace(UNPRINTABLES, escapeCharacter) : text;
}

/** As in a field, but with unchanged backslashes: for people, and not to be read back. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function writeWord(value: unknown): string {
  const text = String(value);
  return UNPRINTABLE_OR_BLANK.test(text) ? text.replace(UNPRINTABLES_OR_BLANKS, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code: string | undefined, short: string) =>
    code === undefined ? (LONG[short] ?? short) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function quote(value: unknown): string {
  return JSON.stringify(String(value)).replace(JSON_UNPRINTABLES, escapeCharacter);
}

function writeAttempt({ sid, attempt, evidence }: AuditedAttempt): string {
  return `${writeWord(sid)} #${attempt} ${quote(evidence)}`;
}

function readAttempts(text: string): AuditedAttempt[] {
  const runs = text.matchAll(new RegExp(`([^\\s"]+) #(\\d+) (${QUOTED})`, 'g'));
  return Array.from(runs, ([, sid = '', attempt, evidence = '""']) => ({
    sid: unescapeText(sid),
    attempt: Number(attempt),
    evidence: JSON.parse(evidence) as string,
  }));
}

function readCounts(text: string): AuditedCount[] {
  return Array.from(text.matchAll(new RegExp(`(${QUOTED}) (\\d+)`, 'g')), ([, name = '""', count]) => ({
    algorithm: JSON.parse(name) as string,
    count: Number(count),
  }));
}

function isCount(value: unknown): value is AuditedCount {
  if (typeof value !== 'object' || value === null) return false;
  const { algorithm, count } = value as Partial<AuditedCount>;
  return isString(algorithm) && isNumber(count);
}

function isAttempt(value: unknown): value is AuditedAttempt {
  if (typeof value !== 'object' || value === null) return false;
  const { sid, attempt, evidence } = value as Partial<AuditedAttempt>;
  return isString(sid) && isNumber(attempt) && isString(evidence);
}
