/**
 * The cost of slow and stopped slaves: 1,000 tasks of 50 ms on six slaves, and on the same six beside one that is ten
 * times slower and one that is stopped for five seconds, with backup tasks and without.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('programs/stragglers.js', import.meta.url));
const SOUND = 6;
const LIMIT_MS = 120_000;

export interface StragglersRow {
  readonly kind: string;
  readonly seconds: number;
  readonly least: number;
  readonly most: number;
  /** Median of the ratios to the sound slaves alone, which were measured in the same round. */
  readonly ratio: number;
}

const KINDS: Readonly<Record<string, readonly string[]>> = {
  'six sound slaves': ['--slaves', `${SOUND}`, '--', `${SOUND}`],
  'and two ill ones': ['--slaves', `${SOUND + 2}`, '--', `${SOUND + 2}`, 'ill'],
  'with --backup-tasks': ['--backup-tasks', '--slaves', `${SOUND + 2}`, '--', `${SOUND + 2}`, 'ill'],
};

export async function measureStragglers({ repeats }: { repeats: number }): Promise<StragglersRow[]> {
  const rounds: number[][] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const round: number[] = [];
    for (const args of Object.values(KINDS)) round.push(await makespan(args));
    rounds.push(round);
  }
  return Object.keys(KINDS).map((kind, index) => {
    const samples = rounds.map((round) => round[index] ?? Number.NaN);
    const ratios = rounds.map((round) => (round[index] ?? Number.NaN) / (round[0] ?? Number.NaN));
    return {
      kind,
      seconds: median(samples),
      least: Math.min(...samples),
      most: Math.max(...samples),
      ratio: median(ratios),
    };
  });
}

async function makespan(args: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, '--master', ...args], {
    timeout: LIMIT_MS,
  });
  return Number(stdout);
}

export function stragglersLine({ kind, seconds, least, most, ratio }: StragglersRow): string {
  const spread = `${least.toFixed(2)} to ${most.toFixed(2)}`;
  return `${kind.padEnd(20)} ${seconds.toFixed(2).padStart(6)} s  (${spread})  ${ratio.toFixed(2)} times the sound ones`;
}
