/** The texts of messages as strings: what a slave or master of the tests says, and what the product's must equal. */

import type { TimeLimit } from '../../../src/wire/messages/entries.js';

export function taskEntryText(number: number, attempt: number, algorithm: number, args: string): string {
  return `[${number},${attempt},${algorithm},${args}]`;
}

export function resultEntryText(
  number: number,
  attempt: number,
  status: number,
  micros: number,
  value: string,
): string {
  return `[${number},${attempt},${status},${micros},${value}]`;
}

export function tasksText(
  grouping: number,
  entries: readonly string[],
  limits: readonly TimeLimit[] = [],
  ordered = false,
): string {
  const parts: unknown[] = [grouping, 0];
  if (limits.length > 0 || ordered) parts.push(limits);
  if (ordered) parts.push(1);
  return JSON.stringify(parts).replace(',0', () => `,[${entries.join()}]`);
}

export function resultsText(sid: number, dry: boolean, entries: readonly string[]): string {
  return `[${sid},${Number(dry)},[${entries.join()}]]`;
}
