/** Turns audit events into lines of text and such lines into events again; the templates say how. */
import type { AuditEvent, AuditEventType } from '../events.js';
import { FIELD_KINDS, type FieldKind } from './text-fields.js';
import { AUDIT_EVENT_TYPES, TEXT_TEMPLATES } from './text-templates.js';

/** The content of a line of a trail. */
export interface TrailEntry {
  readonly timeMs: number;
  readonly event: AuditEvent;
}

/** One field of an event, from its template. */
export interface TemplateField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly optional: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** The literal text before a field, the field, and the text around it that is left out with it. */
interface Part {
  readonly literal: string;
  readonly before: string;
  readonly field: TemplateField;
  readonly after: string;
}

interface CompiledTemplate {
  readonly parts: readonly Part[];
  readonly tail: string;
  readonly pattern: RegExp;
}

const PART = /\[\[(?<before>[^{\]]*)\{(?<inner>[^}]+)\}(?<after>[^\]]*)\]\]|\{(?<outer>[^}]+)\}/g;
const LINE = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d) \[A\] (.*)$/s;

const compiled = Object.fromEntries(
  AUDIT_EVENT_TYPES.map((type) => [type, compile(TEXT_TEMPLATES[type])]),
) as unknown as Readonly<Record<AuditEventType, CompiledTemplate>>;

/** The fields of each type of event. */
export const EVENT_FIELDS = new Map<string, readonly TemplateField[]>(
  AUDIT_EVENT_TYPES.map((type) => [type, compiled[type].parts.map(({ field }) => field)]),
);

/** `MM/DD/YYYY HH:MM:SS [A] SUBJECT TEXT` in local time, always one line, without its newline. */
export function formatText(event: AuditEvent, timeMs: number): string {
  const { parts, tail } = compiled[event.type];
  const values = event as unknown as Values;
  let line = timePrefix(timeMs);
  for (const { literal, before, field, after } of parts) {
    const value = values[field.name];
    line += literal;
    if (!field.optional) line += field.kind.write(value);
    else if (value !== undefined) line += before + field.kind.write(value) + after;
  }
  return line + tail;
}

/**
 * Reads one line of a text trail, or returns undefined for any other line. Times have whole seconds, and the
 * hour that a clock goes back is read as its first pass.
 */
export function parseText(line: string): TrailEntry | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, month, day, year, hour, minute, second, text = ''] = match;
  const timeMs = new Date(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ).getTime();
  for (const type of AUDIT_EVENT_TYPES) {
    const event = readEvent(type, text);
    if (event !== undefined) return { timeMs, event };
  }
  return undefined;
}

function readEvent(type: AuditEventType, text: string): AuditEvent | undefined {
  const { pattern, parts } = compiled[type];
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const event: Record<string, unknown> = { type };
  try {
    for (const [index, { field }] of parts.entries()) {
      const written = match[index + 1];
      if (written !== undefined) event[field.name] = field.kind.read(written);
    }
  } catch {
    return undefined;
  }
  return event as unknown as AuditEvent;
}

function compile(template: string): CompiledTemplate {
  const parts: Part[] = [];
  let pattern = '';
  let end = 0;
  for (const match of template.matchAll(PART)) {
    const { before = '', inner, after = '', outer = '' } = match.groups ?? {};
    const [name = '', kindName = ''] = (inner ?? outer).split(':');
    const kind = FIELD_KINDS[kindName];
    if (kind === undefined) throw new TypeError(`the audit template "${template}" has no kind ${kindName}`);
    const literal = template.slice(end, match.index);
    const optional = inner !== undefined;
    parts.push({ literal, before, field: { name, kind, optional }, after });
    const middle = `${escapePattern(before)}(${kind.pattern})${escapePattern(after)}`;
    pattern += escapePattern(literal) + (optional ? `(?:${middle})?` : middle);
    end = match.index + match[0].length;
  }
  const tail = template.slice(end);
  return { parts, tail, pattern: new RegExp(`^${pattern}${escapePattern(tail)}$`) };
}

function escapePattern(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

let prefixSecond = Number.NaN;
let prefix = '';

/** The time stamp is the same for a whole second, and local time is expensive: about a microsecond. */
function timePrefix(timeMs: number): string {
  const second = Math.floor(timeMs / 1000);
  if (second !== prefixSecond) {
    const time = new Date(timeMs);
    const date = `${two(time.getMonth() + 1)}/${two(time.getDate())}/${String(time.getFullYear()).padStart(4, '0')}`;
    prefix = `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} [A] `;
    prefixSecond = second;
  }
  return prefix;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
