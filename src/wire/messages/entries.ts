/** The text of task and result messages: a group is a list of entries that were encoded one by one. */

import { FormatError } from '../../errors.js';
import { areCellOffers, areCellValues } from './cells.js';
import { isCount } from './count.js';
import type { CellOffer, CellValue } from './messages.js';
import { parseSharesOfTasks, type ShareName, type SharesOfTasks } from './share-messages.js';
import { parseTracesOfTasks, type TraceContext, type TracesOfTasks } from './trace-context.js';

/** Task entry: number, attempt, index of the algorithm, then the encoded arguments. */
export type TaskEntry = readonly [
  number: number,
  attempt: number,
  algorithm: number,
  json: unknown,
  meta?: unknown,
  lengths?: readonly number[],
];

/** The status of a result entry: it has a packet, an error, or neither since the run exceeded its time. */
export const RESULT_STATUS = { packet: 0, error: 1, timeout: 2 } as const;
export type ResultStatus = (typeof RESULT_STATUS)[keyof typeof RESULT_STATUS];

/** The time limit of the task at this place of its message, in milliseconds. */
export type TimeLimit = readonly [position: number, ms: number];

/** Result entry: number, attempt, status, microseconds, then the encoded value. */
export type ResultEntry = readonly [
  number: number,
  attempt: number,
  status: number,
  micros: number,
  json: unknown,
  meta?: unknown,
  lengths?: readonly number[],
];

interface TasksMessage {
  /** The number of results in one message; 0 is auto. */
  readonly grouping: number;
  readonly tasks: readonly TaskEntry[];
  /** Undefined if no task has one. */
  readonly limits: readonly TimeLimit[] | undefined;
  /** They run one after another; sent only to a slave that runs others side by side. */
  readonly ordered: boolean;
  /** The shared values that tasks need, by their positions; undefined if none does. */
  readonly shares: ReadonlyMap<number, readonly ShareName[]> | undefined;
  /** The trace contexts that tasks carry, by their positions; undefined if none does. */
  readonly traces: ReadonlyMap<number, TraceContext> | undefined;
  /** Cells that the program has set before it submitted later tasks: a message has tasks or these. */
  readonly cells?: readonly CellValue[] | undefined;
}

interface ResultsMessage {
  /** The session in which the tasks were given out; a later one may carry its results. */
  readonly sid: number;
  /** The slave had no task left when it sent this. */
  readonly dry: boolean;
  readonly results: readonly ResultEntry[];
  /** Offers to cells that came before later results: a message has results or these. */
  readonly offers?: readonly CellOffer[] | undefined;
}

const NO_SHARES: SharesOfTasks = [[], []];

/** The text of a tasks message before its entries; `tasksTail` is the text after them. */
export function tasksHead(grouping: number): string {
  return `[${grouping},[`;
}

export function tasksTail(
  limits: readonly TimeLimit[] = [],
  ordered = false,
  shares?: SharesOfTasks | undefined,
  traces?: TracesOfTasks | undefined,
): string {
  if (shares !== undefined || traces !== undefined) {
    const last = traces === undefined ? '' : `,${JSON.stringify(traces)}`;
    return `],${JSON.stringify(limits)},${ordered ? 1 : 0},${JSON.stringify(shares ?? NO_SHARES)}${last}]`;
  }
  if (ordered) return `],${JSON.stringify(limits)},1]`;
  return limits.length === 0 ? ']]' : `],${JSON.stringify(limits)}]`;
}

/** The text of a tasks message that has the value of a cell instead. */
export function cellText(value: CellValue): string {
  return `${tasksHead(0)}],${JSON.stringify([value])}]`;
}

/** The same of a results message. */
export function resultsHead(sid: number, dry: boolean): string {
  return `[${sid},${dry ? 1 : 0},[`;
}

export const RESULTS_TAIL = ']]';

/** The text of a results message that has an offer to a cell instead. */
export function offerText(sid: number, offer: CellOffer): string {
  return `${resultsHead(sid, false)}],${JSON.stringify([offer])}]`;
}

export function parseTasks(value: unknown): TasksMessage {
  if (!Array.isArray(value) || value.length < 2 || value.length > 6 || !isCount(value[0])) {
    throw malformed('tasks');
  }
  const tasks = checkEntries(value[1], 4, 'tasks') as unknown as TaskEntry[];
  const none = { shares: undefined, traces: undefined };
  if (tasks.length === 0 && value.length === 3 && areCellValues(value[2])) {
    return { grouping: 0, tasks, limits: undefined, ordered: false, ...none, cells: value[2] };
  }
  const limits = value.length > 2 ? checkLimits(value[2], tasks.length) : undefined;
  if (value.length === 4 && value[3] !== 1) throw malformed('tasks');
  if (value.length < 5) return { grouping: value[0], tasks, limits, ordered: value.length === 4, ...none };
  if (!isBit(value[3])) throw malformed('tasks');
  const shares = parseSharesOfTasks(value[4], tasks.length);
  const traces = value.length === 6 ? parseTracesOfTasks(value[5], tasks.length) : undefined;
  return { grouping: value[0], tasks, limits, ordered: value[3] === 1, shares, traces };
}

function checkLimits(limits: unknown, tasks: number): TimeLimit[] {
  if (!Array.isArray(limits)) throw malformed('tasks');
  for (const limit of limits) {
    const isOne = Array.isArray(limit) && limit.length === 2 && isCount(limit[0]) && isCount(limit[1]);
    if (!isOne || limit[0] >= tasks || limit[1] === 0) throw malformed('tasks');
  }
  return limits as TimeLimit[];
}

export function parseResults(value: unknown): ResultsMessage {
  if (!Array.isArray(value) || value.length < 3 || !isCount(value[0]) || !isBit(value[1])) {
    throw malformed('results');
  }
  if (value.length > 3) return parseOffers(value);
  const results = checkEntries(value[2], 5, 'results') as unknown as ResultEntry[];
  if (results.length === 0 || !results.every((entry) => entry[2] <= RESULT_STATUS.timeout))
    throw malformed('results');
  return { sid: value[0], dry: value[1] === 1, results };
}

function parseOffers([sid, dry, results, offers, ...others]: unknown[]): ResultsMessage {
  const isEmpty = Array.isArray(results) && results.length === 0;
  if (!isEmpty || !areCellOffers(offers) || others.length > 0) throw malformed('results');
  return { sid: sid as number, dry: dry === 1, results: [], offers };
}

/** Heads are checked here; the codec checks the values. */
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

function isBit(value: unknown): boolean {
  return value === 0 || value === 1;
}

function malformed(what: string): FormatError {
  return new FormatError(`a ${what} message is malformed`);
}
