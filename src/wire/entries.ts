/** The text of task and result messages: a group is a join of entries that were encoded one by one. */

import { FormatError } from '../errors.js';

/** Task entry: number, attempt, index of the algorithm, then the encoded arguments. */
export type TaskEntry = readonly [
  number: number,
  attempt: number,
  algorithm: number,
  json: unknown,
  meta?: unknown,
  lengths?: readonly number[],
];

/** Result entry: number, attempt, 0 for a packet and 1 for an error, microseconds, then the encoded value. */
export type ResultEntry = readonly [
  number: number,
  attempt: number,
  status: number,
  micros: number,
  json: unknown,
  meta?: unknown,
  lengths?: readonly number[],
];

export interface TasksMessage {
  /** How many results go into one message; 0 is auto. */
  readonly grouping: number;
  readonly tasks: readonly TaskEntry[];
}

export interface ResultsMessage {
  /** The session in which the tasks were given out; a later one may carry its results. */
  readonly sid: number;
  /** The slave had nothing left to run when it sent this. */
  readonly dry: boolean;
  readonly results: readonly ResultEntry[];
}

export function taskEntryText(number: number, attempt: number, algorithm: number, args: string): string {
  return `[${number},${attempt},${algorithm},${args}]`;
}

export function resultEntryText(
  number: number,
  attempt: number,
  status: 0 | 1,
  micros: number,
  value: string,
): string {
  return `[${number},${attempt},${status},${micros},${value}]`;
}

export function tasksText(grouping: number, entries: readonly string[]): string {
  return `[${grouping},[${entries.join(',')}]]`;
}

export function resultsText(sid: number, dry: boolean, entries: readonly string[]): string {
  return `[${sid},${dry ? 1 : 0},[${entries.join(',')}]]`;
}

export function parseTasks(value: unknown): TasksMessage {
  if (!Array.isArray(value) || value.length !== 2 || !isCount(value[0])) throw malformed('tasks');
  return { grouping: value[0], tasks: checkEntries(value[1], 4, 'tasks') as unknown as TaskEntry[] };
}

export function parseResults(value: unknown): ResultsMessage {
  if (!Array.isArray(value) || value.length !== 3 || !isCount(value[0]) || !isBit(value[1])) {
    throw malformed('results');
  }
  const results = checkEntries(value[2], 5, 'results') as unknown as ResultEntry[];
  if (!results.every((entry) => isBit(entry[2]))) throw malformed('results');
  return { sid: value[0], dry: value[1] === 1, results };
}

/** The heads are checked here; the values are the codec's to distrust. */
function checkEntries(entries: unknown, length: number, what: string): unknown[] {
  if (!Array.isArray(entries)) throw malformed(what);
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length < length || entry.length > length + 2) throw malformed(what);
    for (let index = 0; index < length - 1; index++) {
      if (!isCount(entry[index])) throw malformed(what);
    }
  }
  return entries;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isBit(value: unknown): boolean {
  return value === 0 || value === 1;
}

function malformed(what: string): FormatError {
  return new FormatError(`a ${what} message does not have the form of one`);
}
