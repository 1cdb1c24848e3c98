/**
 * One long `pmapIterable`: how fast, and how much memory at a tenth of its elements and at the end. Beside it the same
 * by pools of threads, with slices and a window made by hand.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContenders, stopContenders } from './contenders.js';
import type { PeakMemory } from './measured-process.js';
import { count, megabytes } from './report.js';
import { type Figure, figure } from './statistics.js';

export interface IterateOptions {
  readonly elements: number;
  readonly workers: readonly number[];
  /** Turns into which the elements after the first tenth are divided. */
  readonly repeats: number;
}

export interface IterateRow {
  readonly name: string;
  readonly workers: number;
  readonly elements: number;
  readonly elementsPerSecond: Figure;
  /** Undefined where there is no /proc. */
  readonly atTenth: PeakMemory | undefined;
  readonly atEnd: PeakMemory | undefined;
}

export async function measureIterations({
  elements,
  workers,
  repeats,
}: IterateOptions): Promise<IterateRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const contenders = await startContenders({ workers, folder, withBare: false });
  try {
    const runs = contenders.map((contender) => ({ contender, rates: [] as number[] }));
    const tenth = Math.ceil(elements / 10);
    for (const { process } of contenders) await process.measure({ kind: 'iterate', elements: tenth });
    const early = contenders.map(({ process }) => process.peakMemory());
    const turn = Math.ceil((elements - tenth) / repeats);
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { contender, rates } of runs) {
        const { seconds } = await contender.process.measure({ kind: 'iterate', elements: turn });
        rates.push(turn / seconds);
      }
    }
    return runs.map(({ contender: { name, workers, process }, rates }, index) => ({
      name,
      workers,
      elements: tenth + turn * repeats,
      elementsPerSecond: figure(rates),
      atTenth: early[index],
      atEnd: process.peakMemory(),
    }));
  } finally {
    await stopContenders(contenders);
    rmSync(folder, { recursive: true, force: true });
  }
}

export function iterateLine({
  name,
  workers,
  elementsPerSecond,
  atTenth,
  atEnd,
  elements,
}: IterateRow): string {
  const { median, spread } = elementsPerSecond;
  const rate = `${count(median)}/s (${count(spread.least)} to ${count(spread.most)})`;
  const memory = `peak MB ${peak(atTenth)} at a tenth, ${peak(atEnd)} at the end`;
  const cells = [name.padEnd(18), String(workers).padStart(7), `${count(elements)} elements`.padStart(20)];
  return [...cells, rate.padStart(34), memory].join('  ');
}

function peak(memory: PeakMemory | undefined): string {
  if (memory === undefined) return '-';
  return [memory.masterBytes, ...memory.slaveBytes].map(megabytes).join(' + ');
}
