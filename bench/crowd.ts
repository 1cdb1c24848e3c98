/** Tasks that do nothing on many slave processes of one machine, beside the same on one, each with and without data ports. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeasuredProcess } from './measured-process.js';
import { type Figure, figure, median } from './statistics.js';

const TASKS = 400_000;
/** Runs before the first measurement, in which the code of the processes is compiled. */
const WARM_UPS = 4;
/** After the last slave has joined, until their start is over. */
const SETTLE_MS = 3_000;

export interface CrowdOptions {
  readonly slaves: number;
  /** Starts of each. */
  readonly starts: number;
  /** Measurements of each start. */
  readonly repeats: number;
  /** Of the tasks of a measurement. */
  readonly share: number;
}

export interface CrowdRow {
  readonly slaves: number;
  readonly ports: boolean;
  /** Tasks per second, of all measurements. */
  readonly one: Figure;
  readonly many: Figure;
  /** Of the pairs, whose processes were started one after the other. */
  readonly ratio: number;
}

export async function measureCrowd(options: CrowdOptions): Promise<CrowdRow[]> {
  const rows: CrowdRow[] = [];
  for (const ports of [true, false]) {
    const one: number[][] = [];
    const many: number[][] = [];
    for (let start = 0; start < options.starts; start++) {
      one.push(await ratesOf(1, ports, options));
      many.push(await ratesOf(options.slaves, ports, options));
    }
    const ratios = one.map((rates, start) => median(many[start] ?? []) / median(rates));
    rows.push({
      slaves: options.slaves,
      ports,
      one: figure(one.flat()),
      many: figure(many.flat()),
      ratio: median(ratios),
    });
  }
  return rows;
}

async function ratesOf(slaves: number, ports: boolean, { repeats, share }: CrowdOptions): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const local = ['--slaves', String(slaves), '--audit-file', join(folder, 'audit')];
  const master = await MeasuredProcess.start('no-op', [
    '--master',
    ...local,
    ...(ports ? [] : ['--no-data-port']),
  ]);
  const tasks = Math.round(TASKS * share);
  try {
    await master.measure({ kind: 'join', slaves });
    await sleep(SETTLE_MS);
    for (let time = 0; time < WARM_UPS; time++) await master.measure({ kind: 'bulk', tasks });
    const rates: number[] = [];
    for (let time = 0; time < repeats; time++)
      rates.push(tasks / (await master.measure({ kind: 'bulk', tasks })).seconds);
    return rates;
  } finally {
    await master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function crowdLine({ slaves, ports, one, many, ratio }: CrowdRow): string {
  const rate = ({ median, spread }: Figure): string =>
    `${thousands(median)} (${thousands(spread.least)} to ${thousands(spread.most)})`;
  const how = ports ? 'with data ports' : 'without';
  return `${how}: ${rate(many)} with ${slaves}, ${rate(one)} with one: ${ratio.toFixed(2)}`;
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1_000)},000`;
}
