/** The slaves of a master, as a table for a terminal. */

import { inspect } from 'node:util';
import type { SlaveId } from '../../algorithms/types.js';
import type { SlaveKind } from '../../audit/events.js';
import type { SlaveView } from '../../master/slaves/slave-view.js';
import type { SeenState } from '../../picture/connected-slaves.js';
import type { Picture } from '../../picture/picture.js';

export interface SlaveRow {
  readonly sid: SlaveId;
  readonly state: SeenState | 'suspected';
  /** Its group. */
  readonly kind: SlaveKind;
  readonly host: string;
  readonly pid: number;
  /** Tasks given to it that have no fate yet. */
  readonly tasks: number;
  /** Results that came from it. */
  readonly results: number;
}

/** A row for each slave, from the picture and from what the master says beside it; a REPL shows them as a table. */
export function slaveTable(picture: Picture, slaves: readonly SlaveView[]): readonly SlaveRow[] {
  const rows = slaves.flatMap(({ sid, host, pid, tasks }) => {
    const seen = picture.slaves.find(sid);
    if (seen === undefined) return [];
    const state = seen.isSuspected ? 'suspected' : seen.state;
    return [{ sid, state, kind: seen.kind, host, pid, tasks, results: seen.results } as const];
  });
  Object.defineProperty(rows, inspect.custom, { value: () => formatRows(rows) });
  return rows;
}

const HEADERS = ['slave', 'state', 'group', 'process', 'tasks', 'results'] as const;

function formatRows(rows: readonly SlaveRow[]): string {
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
