/** Turns audit events into JSON lines, with `time` in milliseconds, and such lines into events again. */
import type { AuditEvent } from '../events.js';
import { EVENT_FIELDS, type TrailEntry } from './text-format.js';

/** `{"time":"2026-01-01T12:00:00.123Z","type":"tasks-sent","sid":"SLAVE-0","count":12}`, without newline. */
export function formatJson(event: AuditEvent, timeMs: number): string {
  return `{"time":"${isoTime(timeMs)}",${JSON.stringify(event).slice(1)}`;
}

/** Reads one line of a JSON trail, or returns undefined if it is not one of ours. */
export function parseJson(line: string): TrailEntry | undefined {
  const values = parseObject(line);
  if (values === undefined || typeof values.time !== 'string' || typeof values.type !== 'string')
    return undefined;
  const timeMs = Date.parse(values.time);
  const fields = EVENT_FIELDS.get(values.type);
  if (fields === undefined || Number.isNaN(timeMs)) return undefined;
  const event: Record<string, unknown> = { type: values.type };
  for (const { name, kind, optional } of fields) {
    const value = values[name];
    if (value === undefined && optional) continue;
    if (!kind.accepts(value)) return undefined;
    event[name] = value;
  }
  return { timeMs, event: event as unknown as AuditEvent };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

let isoSecond = Number.NaN;
let isoPrefix = '';

function isoTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000);
  if (second !== isoSecond) {
    isoPrefix = new Date(second * 1000).toISOString().slice(0, -4);
    isoSecond = second;
  }
  const rest = Math.floor(timeMs - second * 1000);
  return `${isoPrefix}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}
