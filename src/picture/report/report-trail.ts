/** Runs `--audit-report`: reads a trail and shows in tables what happened. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AuditEvent } from '../../audit/events.js';
import type { TrailReader } from '../../audit/read/read-trail.js';
import { readTrailSet } from '../../audit/read/trail-set.js';
import { errorCode } from '../../audit/write/unwritable.js';
import { UsageError } from '../../errors.js';
import { refuseTrailFile } from '../trace/output-file.js';
import { TraceFile } from '../trace/trace-file.js';
import { TrailTrace } from '../trace/trail-trace.js';
import { reportText } from './report-text.js';
import { TrailSummary } from './trail-summary.js';

export interface Report {
  readonly text: string;
  /** Remarks about the trail itself, one line each. */
  readonly warnings: readonly string[];
}

/** Makes a page of the same events. */
interface PageOfTrail {
  /** Where it is written. */
  readonly file: string;
  readonly take: TakeEvent;
  html(summary: TrailSummary, name: string): string;
}

type TakeEvent = (event: AuditEvent, timeMs: number) => void;

/** The files to be written beside the tables. */
interface ReportFiles {
  readonly page?: PageOfTrail | undefined;
  readonly trace?: string | undefined;
}

/**
 * Throws UsageError if the file cannot be read, is not a trail of a master, or another file cannot be written.
 */
export async function reportTrail(path: string, { page, trace }: ReportFiles = {}): Promise<Report> {
  if (page !== undefined) await refuseTrailFile('--html', page.file, path);
  if (page !== undefined && trace !== undefined && resolve(page.file) === resolve(trace)) {
    throw new UsageError(`--html and --trace both name ${trace}; name another file after --trace`);
  }
  const summary = new TrailSummary();
  const reader = readTrailSet(path);
  const take: TakeEvent = (event, timeMs) => {
    summary.take(event, timeMs);
    page?.take(event, timeMs);
  };
  const warnings: string[] = [];
  if (trace === undefined) for await (const { event, timeMs } of reader) take(event, timeMs);
  else warnings.push(...(await traceTrail(path, trace, reader, take)));
  summary.finish();
  if (summary.picture.counts.events === 0) {
    throw new UsageError(`${path} is not an audit trail: it has no line of ts-mw`);
  }
  if (
    summary.runs.length === 0 &&
    summary.slaves.length === 0 &&
    summary.picture.algorithms.byName.size === 0
  ) {
    throw new UsageError(`${path} has no lines of a master; give the trail of the master's process`);
  }
  if (page !== undefined) await writePage(page.file, page.html(summary, path));
  if (reader.torn) warnings.unshift(`${path}: its last line is cut in the middle and was left out`);
  return { text: reportText(summary), warnings };
}

/** Writes the trace while `take` gets the events; returns remarks about it. */
async function traceTrail(
  path: string,
  trace: string,
  reader: TrailReader,
  take: TakeEvent,
): Promise<string[]> {
  const file = await TraceFile.open(trace, path);
  const drawn = new TrailTrace((event) => file.add(event));
  try {
    for await (const { event, timeMs } of reader) {
      take(event, timeMs);
      drawn.take(event, timeMs);
      if (file.isFull) await file.write();
    }
    drawn.finish();
    await file.end(drawn.beginsMs);
  } finally {
    await file.close();
  }
  const warnings: string[] = [];
  if (drawn.numRuns === 0 && drawn.numResults > 0) {
    warnings.push(
      `${trace} has a slice for each time in which a slave was busy, since ${path} has no runs; start the master with ` +
        '--audit-runs for a slice for each run',
    );
  }
  if (drawn.numDropped > 0) {
    warnings.push(`${trace} is incomplete: ${drawn.numDropped} lines were dropped when ${path} was written`);
  }
  if (drawn.numFlowsLeftOut > 0) {
    warnings.push(
      `${trace}: the arrows of ${drawn.numFlowsLeftOut} retries were left out; at most 100000 wait`,
    );
  }
  return warnings;
}

async function writePage(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new UsageError(`cannot write ${path} (${errorCode(error)}); name another file after --html`, {
      cause: error,
    });
  }
}
