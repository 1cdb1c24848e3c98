/** A report as text, for a terminal. */
import { escapeControls } from '../../audit/format/text-fields.js';
import { type ReportTable, reportTables } from './report-tables.js';
import type { TrailSummary } from './trail-summary.js';

const LIMITS = { times: 24, slaves: 60, failures: 20, algorithms: 4 };

export function reportText(summary: TrailSummary): string {
  return `${reportTables(summary, LIMITS).map(tableText).join('\n\n')}\n`;
}

/** A trail may come from anywhere: no name in it, and no reason, moves a reader's cursor. */
function tableText({ title, notes, columns, rows: found }: ReportTable): string {
  const lines = [title, '='.repeat(title.length), ...notes.map(escapeControls)];
  const rows = found.map((row) => row.map(escapeControls));
  if (rows.length > 0) {
    const names = columns.map(({ name }) => escapeControls(name));
    const widths = names.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, at) =>
          columns[at]?.isText ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd();
    if (notes.length > 0) lines.push('');
    lines.push(line(names), ...rows.map(line));
  }
  return lines.join('\n');
}
