/** Runs `--audit-report`: reads a trail and shows in tables what happened. */
import { writeFile } from 'node:fs/promises';
import { readTrailSet } from '../../audit/read/trail-set.js';
import { errorCode } from '../../audit/write/destination.js';
import { UsageError } from '../../errors.js';
import { reportPage } from './report-page.js';
import { reportText } from './report-text.js';
import { TrailSummary } from './trail-summary.js';

export interface Report {
  readonly text: string;
  /** Remarks about the trail itself, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Throws UsageError if the file cannot be read, is not a trail of a master, or the page cannot be written.
 */
export async function reportTrail(path: string, page: string | undefined): Promise<Report> {
  const summary = new TrailSummary();
  const reader = readTrailSet(path);
  for await (const { event, timeMs } of reader) summary.take(event, timeMs);
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
  if (page !== undefined) await writePage(page, reportPage(summary, path));
  const warnings = reader.torn ? [`${path}: its last line is cut in the middle and was left out`] : [];
  return { text: reportText(summary), warnings };
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
