/**
 * The cost of scopes beside that of tasks: 10,000 futures by `Promise.all` in a program that never enters a scope, beside `parallel` of
 * as many components, in turns; embedded broker, one slave as a process.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredProcess } from './measured-process.js';
import type { FlowMeasurement } from './programs/commands.js';
import { type Figure, figure } from './statistics.js';

const TASKS = 10_000;
const WARM_UP = 5;
/** The first one's process has no scopes: from the first one on, all promises of a process are slower on Node 20. */
const KINDS = ['promise-all', 'parallel', 'parallel-limit'] as const satisfies FlowMeasurement['kind'][];

export interface FlowRow {
  readonly kind: FlowMeasurement['kind'];
  /** Of the master's processors, for a task; all its threads. */
  readonly micros: Figure;
  /** More than `promise-all` took in the same turn. */
  readonly addedMicros: Figure;
}

export async function measureFlow({ repeats }: { readonly repeats: number }): Promise<FlowRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const processes: MeasuredProcess[] = [];
  try {
    for (const kind of KINDS) {
      const flags = ['--master', '--slaves', '1', '--audit-file', join(folder, kind)];
      processes.push(await MeasuredProcess.start('flow', flags));
    }
    const samples = KINDS.map((): number[] => []);
    for (let turn = -WARM_UP; turn < repeats; turn++) {
      for (const [index, kind] of KINDS.entries()) {
        const { micros } = await (processes[index] as MeasuredProcess).measure({ kind, tasks: TASKS });
        if (turn >= 0) samples[index]?.push(micros[0] ?? Number.NaN);
      }
    }
    const [plain = []] = samples;
    return KINDS.map((kind, index) => {
      const own = samples[index] ?? [];
      const added = own.map((micros, turn) => micros - (plain[turn] ?? Number.NaN));
      return { kind, micros: figure(own), addedMicros: figure(added) };
    });
  } finally {
    for (const one of processes) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function flowLine({ kind, micros, addedMicros }: FlowRow): string {
  return `${kind.padEnd(16)}${text(micros)} µs per task, ${text(addedMicros)} more than promise-all`;
}

function text({ median, spread: { least, most } }: Figure): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}
