/**
 * Ended runs in a short text, one after another: `17=500,18#2=60:error`. TASK-17 ran for 500 µs and returned; the second
 * run of TASK-18 threw after 60 µs.
 */

import { joinWithin } from './split-within.js';

/**
 * `ok`: it returned. `error`: it threw. `timeout`: it took longer than it may. `lost`: its slave was lost, and it had
 * likely begun. `ignored`: its result came, and the task had its fate or another run.
 */
export type RunOutcome = (typeof OUTCOMES)[number];

export interface AuditedRun {
  /** The number of its task. */
  readonly task: number;
  /** Which run of the task it was, from 1. */
  readonly attempt: number;
  readonly micros: number;
  readonly outcome: RunOutcome;
}

const OUTCOMES = ['ok', 'error', 'timeout', 'lost', 'ignored'] as const;
const RUN = new RegExp(`^(\\d{1,16})(?:#(\\d{1,16}))?=(\\d{1,16})(?::(${OUTCOMES.join('|')}))?$`);

/** Texts of at most `mostLength` characters each. */
export function runListTexts(runs: readonly AuditedRun[], mostLength: number): string[] {
  return joinWithin(runs.map(writeRun), mostLength);
}

/** Undefined if the text is not in our form. */
export function parseRunList(text: string): AuditedRun[] | undefined {
  const runs: AuditedRun[] = [];
  for (const piece of text.split(',')) {
    const match = RUN.exec(piece);
    if (match === null) return undefined;
    const [, task, attempt = 1, micros, outcome = 'ok'] = match;
    runs.push({
      task: Number(task),
      attempt: Number(attempt),
      micros: Number(micros),
      outcome: outcome as RunOutcome,
    });
  }
  return runs;
}

function writeRun({ task, attempt, micros, outcome }: AuditedRun): string {
  const run = attempt === 1 ? `${task}=${micros}` : `${task}#${attempt}=${micros}`;
  return outcome === 'ok' ? run : `${run}:${outcome}`;
}
