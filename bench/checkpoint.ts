/**
 * The cost of a checkpoint: no-op tasks in groups of 100, with one and without in turns, and then the same
 * tasks once more, when their results are stored.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeasuredProcess } from './measured-process.js';
import { median } from './statistics.js';

const GROUP = 100;
const TASKS = 300_000;

export interface CheckpointRow {
  readonly tasks: number;
  readonly plainMicros: number;
  readonly storedMicros: number;
  /** Median of the differences of pairs, which were measured one after the other. */
  readonly addedMicros: number;
  /** Of a task whose result is stored: neither run nor stored again. */
  readonly recalledMicros: number;
}

export async function measureCheckpoint({ repeats }: { repeats: number }): Promise<CheckpointRow> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const results = ['--checkpoint', join(folder, 'results')];
  const plainMaster = await start(folder, 'plain', []);
  try {
    const plain: number[] = [];
    const stored: number[] = [];
    const storing = await start(folder, 'storing', results);
    try {
      for (const master of [plainMaster, storing]) await micros(master);
      for (let repeat = 0; repeat < repeats; repeat++) {
        plain.push(await micros(plainMaster));
        stored.push(await micros(storing));
      }
    } finally {
      await storing.stop();
    }
    const recalled: number[] = [];
    const recalling = await start(folder, 'recalling', results);
    try {
      for (let repeat = 0; repeat <= repeats; repeat++) recalled.push(await micros(recalling));
    } finally {
      await recalling.stop();
    }
    return {
      tasks: TASKS,
      plainMicros: median(plain),
      storedMicros: median(stored),
      addedMicros: median(stored.map((value, index) => value - (plain[index] ?? Number.NaN))),
      recalledMicros: median(recalled),
    };
  } finally {
    await plainMaster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(folder: string, name: string, flags: readonly string[]): Promise<MeasuredProcess> {
  const groups = ['--slave-task-group', String(GROUP), '--slave-result-group', String(GROUP)];
  const audit = ['--audit-file', join(folder, name)];
  return MeasuredProcess.start('no-op', ['--master', '--slaves', '1', ...groups, ...audit, ...flags]);
}

async function micros(master: MeasuredProcess): Promise<number> {
  const { seconds } = await master.measure({ kind: 'bulk', tasks: TASKS });
  return (seconds * 1e6) / TASKS;
}

export function checkpointLine(row: CheckpointRow): string {
  const { plainMicros, storedMicros, addedMicros, recalledMicros } = row;
  const shown = [plainMicros, storedMicros, addedMicros, recalledMicros].map((value) => value.toFixed(2));
  return `${shown[0]} µs per task without, ${shown[1]} with: ${shown[2]} more; ${shown[3]} when its result is stored`;
}
