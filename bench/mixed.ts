/** How soon 1,000 tasks of mixed length are done by four local slaves, beside what no schedule can be below. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('programs/mixed.js', import.meta.url));
const SLAVES = 4;
const LIMIT_MS = 120_000;

export interface MixedRow {
  readonly seeds: number;
  /** Of the makespan to its bound. */
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
}

export async function measureMixed({ repeats }: { repeats: number }): Promise<MixedRow> {
  const ratios: number[] = [];
  for (let seed = 1; seed <= repeats; seed++) ratios.push(await ratioOf(seed));
  return { seeds: repeats, ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

async function ratioOf(seed: number): Promise<number> {
  const args = [PROGRAM, '--master', '--slaves', `${SLAVES}`, '--', `${SLAVES}`, `${seed}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: LIMIT_MS });
  const { seconds, boundSeconds } = JSON.parse(stdout) as { seconds: number; boundSeconds: number };
  return seconds / boundSeconds;
}

export function mixedLine({ seeds, ratio, least, most }: MixedRow): string {
  return `${ratio.toFixed(2)} times the bound (${least.toFixed(2)} to ${most.toFixed(2)}, ${seeds} seeds)`;
}
