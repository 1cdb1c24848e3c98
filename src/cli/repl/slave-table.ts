/** The slaves of a master, as a table for a terminal. */

import { inspect } from 'node:util';
import type { SlaveView } from '../../master/slaves/slave-view.js';

/** The same rows, which a REPL shows as a table. */
export function slaveTable(slaves: readonly SlaveView[]): readonly SlaveView[] {
  const rows = [...slaves];
  Object.defineProperty(rows, inspect.custom, { value: () => formatRows(rows) });
  return rows;
}

const HEADERS = ['slave', 'state', 'group', 'process', 'tasks', 'results'] as const;

function formatRows(rows: readonly SlaveView[]): string {
  if (rows.length === 0) return 'no slaves';
  const cells = rows.map(({ sid, state, kind, host, pid, tasks, results }) => [
    sid,
    state,
    kind,
    `${host}:${pid}`,
    String(tasks),
    String(results),
  ]);
  const lines = [[...HEADERS], ...cells];
  const widths = HEADERS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
