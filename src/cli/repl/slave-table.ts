/** What a master's audit trail tells of its slaves, as a table for a terminal. */

import { inspect } from 'node:util';
import type { SlaveId } from '../../algorithms/types.js';
import type { AuditEvent, SlaveKind } from '../../audit/events.js';

export interface SlaveRow {
  readonly sid: SlaveId;
  state: 'connecting' | 'idle' | 'busy' | 'suspected' | 'shutting down';
  kind: SlaveKind;
  readonly host: string;
  readonly pid: number;
  /** Given to it and without a result. */
  tasks: number;
  /** That came from it. */
  results: number;
}

export class SlaveTable {
  readonly #rows = new Map<string, SlaveRow>();

  /** A copy of the rows, which a REPL shows as a table. */
  get rows(): readonly SlaveRow[] {
    const rows = Array.from(this.#rows.values(), (row) => ({ ...row }));
    Object.defineProperty(rows, inspect.custom, { value: () => formatRows(rows) });
    return rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  find(sid: string): SlaveRow | undefined {
    return this.#rows.get(sid);
  }

  hear(event: AuditEvent): void {
    if (event.type === 'slave-connecting') {
      const { sid, kind, host, pid } = event;
      const row = {
        sid: sid as SlaveId,
        state: 'connecting' as const,
        kind,
        host,
        pid,
        tasks: 0,
        results: 0,
      };
      this.#rows.set(sid, row);
      return;
    }
    const row = 'sid' in event ? this.#rows.get(event.sid ?? '') : undefined;
    if (row !== undefined) this.#change(row, event);
  }

  #change(row: SlaveRow, event: AuditEvent): void {
    switch (event.type) {
      case 'slave-idle':
      case 'suspicion-ended':
        row.state = row.tasks > 0 ? 'busy' : 'idle';
        return;
      case 'slave-busy':
        row.state = 'busy';
        return;
      case 'slave-suspected':
        row.state = 'suspected';
        return;
      case 'slave-shutting-down':
        row.state = 'shutting down';
        return;
      case 'tasks-sent':
        row.tasks += event.count;
        return;
      case 'tasks-recalled':
        row.tasks -= event.count;
        return;
      case 'results-received':
        row.tasks -= event.count;
        row.results += event.count;
        return;
      case 'slave-moved':
        row.kind = event.kind;
        return;
      case 'slave-freed':
        row.kind = 'unordered';
        return;
      case 'slave-lost':
      case 'slave-left':
      case 'slave-disconnected':
        this.#rows.delete(row.sid);
        return;
      default:
    }
  }
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
