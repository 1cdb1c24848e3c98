/**
 * Calls over collections, embedded broker, slaves as processes: maps and folds of many tiny elements, the round trip of a
 * channel beside that of a funcall, what a second slave brings for elements of a millisecond, and how fast a shared value
 * comes to slaves. Beside each but the last the same by pools of threads in one process, with slices cut by hand; beside
 * the computation and the shared value, what processes reach that only compute, or read the value from a file.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, startContenders, stopContenders } from './contenders.js';
import { compute } from './programs/collection-tasks.js';
import { type Figure, figure, median } from './statistics.js';

const ELEMENTS = 100_000;
const COMPUTED = 1_000;
const COMPUTED_MS = 1;
const SHARED_BYTES = 50_000_000;
/** Round trips before another process has its turn. */
const ROUNDS = 100;
const BLOCKS = 5;
const WARM_UP_ROUNDS = 5_000;
const WARM_UP_CALLS = 3;

export interface CollectionsOptions {
  readonly workers: readonly number[];
  readonly repeats: number;
}

export interface CollectionsRow {
  readonly name: string;
  readonly workers: number;
  /** Of 100,000 elements. Bare processes have none of these three. */
  readonly mapSeconds: Figure | undefined;
  readonly mapReduceSeconds: Figure | undefined;
  /** One task and its result. */
  readonly oneMicros: Figure | undefined;
  /** How many times a funcall and its result that is; of ts-mw alone. */
  readonly timesFuncall: Figure | undefined;
  /** 1,000 elements of 1 ms each. */
  readonly computeSeconds: Figure;
  /** From tasks that need a shared value of 50 MB, one for each slave, to their results; of ts-mw and bare processes. */
  readonly sharedRate: Figure | undefined;
  /** How many times one worker's speed that is, in the same repeat. */
  readonly speedUp: Figure | undefined;
}

interface Samples {
  readonly map: number[];
  readonly mapReduce: number[];
  readonly one: number[];
  readonly timesFuncall: number[];
  readonly compute: number[];
  /** Bytes per second to each slave. */
  readonly shared: number[];
}

type Run = readonly [Contender, Samples];

export async function measureCollections({
  workers,
  repeats,
}: CollectionsOptions): Promise<CollectionsRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const contenders = await startContenders({ workers, folder, withBare: true });
  try {
    const steps = stepsOf(COMPUTED_MS);
    const runs = contenders.map(
      (contender): Run => [
        contender,
        { map: [], mapReduce: [], one: [], timesFuncall: [], compute: [], shared: [] },
      ],
    );
    for (const contender of contenders) await warmUp(contender, steps);
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const run of runs) await measureCalls(run, steps);
      for (const run of runs) await measureRounds(run);
    }
    return runs.map(([{ name, workers }, samples]) => ({
      name,
      workers,
      mapSeconds: figureOf(samples.map),
      mapReduceSeconds: figureOf(samples.mapReduce),
      oneMicros: figureOf(samples.one),
      timesFuncall: figureOf(samples.timesFuncall),
      computeSeconds: figure(samples.compute),
      sharedRate: figureOf(samples.shared),
      speedUp: speedUp(name, workers, samples, runs),
    }));
  } finally {
    await stopContenders(contenders);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Undefined of none. */
function figureOf(samples: readonly number[]): Figure | undefined {
  return samples.length === 0 ? undefined : figure(samples);
}

async function warmUp({ process, kind }: Contender, steps: number): Promise<void> {
  if (kind !== 'bare') await process.measure({ kind: 'one-by-one', rounds: WARM_UP_ROUNDS });
  if (kind === 'ours') await process.measure({ kind: 'funcall', rounds: WARM_UP_ROUNDS });
  for (let call = 0; call < WARM_UP_CALLS; call++) {
    if (kind !== 'bare') {
      await process.measure({ kind: 'map', elements: ELEMENTS });
      await process.measure({ kind: 'map-reduce', elements: ELEMENTS });
    }
    await process.measure({ kind: 'compute', elements: 100, steps });
  }
}

async function measureCalls([{ process, kind, workers }, samples]: Run, steps: number): Promise<void> {
  if (kind !== 'bare') {
    samples.map.push((await process.measure({ kind: 'map', elements: ELEMENTS })).seconds);
    samples.mapReduce.push((await process.measure({ kind: 'map-reduce', elements: ELEMENTS })).seconds);
  }
  samples.compute.push((await process.measure({ kind: 'compute', elements: COMPUTED, steps })).seconds);
  if (kind === 'pool') return;
  const share = { kind: 'share', bytes: SHARED_BYTES, slaves: workers } as const;
  samples.shared.push(SHARED_BYTES / (await process.measure(share)).seconds);
}

/** A channel and funcalls have short turns, so that a disturbance of the machine affects both. */
async function measureRounds([{ process, kind }, samples]: Run): Promise<void> {
  if (kind === 'bare') return;
  const isOurs = kind === 'ours';
  const ones: number[] = [];
  const funcalls: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    ones.push(...(await process.measure({ kind: 'one-by-one', rounds: ROUNDS })).micros);
    if (isOurs) funcalls.push(...(await process.measure({ kind: 'funcall', rounds: ROUNDS })).micros);
  }
  samples.one.push(median(ones));
  if (isOurs) samples.timesFuncall.push(median(ones) / median(funcalls));
}

function speedUp(name: string, workers: number, samples: Samples, runs: readonly Run[]): Figure | undefined {
  const alone = runs.find(([other]) => other.name === name && other.workers === 1)?.[1].compute;
  if (alone === undefined || workers === 1) return undefined;
  return figure(samples.compute.map((seconds, repeat) => (alone[repeat] ?? Number.NaN) / seconds));
}

/** Of `compute`, for about `ms` on this machine: the fastest of several runs, which nothing else disturbed. */
function stepsOf(ms: number): number {
  const steps = 1_000_000;
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 20; run++) {
    const began = performance.now();
    compute(steps);
    least = Math.min(least, performance.now() - began);
  }
  return Math.round((steps * ms) / least);
}

export function collectionsHead(): string {
  return line('', 'workers', [
    `pmap of ${ELEMENTS / 1000}k, ms`,
    'pmapReduce, ms',
    'one task, µs',
    'times a funcall',
    `${COMPUTED} of ${COMPUTED_MS} ms, ms`,
    "times one's speed",
    `${SHARED_BYTES / 1e6} MB, MB/s to each`,
  ]);
}

export function collectionsLine(row: CollectionsRow): string {
  return line(row.name, String(row.workers), [
    milliseconds(row.mapSeconds),
    milliseconds(row.mapReduceSeconds),
    text(row.oneMicros, 0),
    text(row.timesFuncall, 2),
    milliseconds(row.computeSeconds),
    text(row.speedUp, 2),
    megabytes(row.sharedRate),
  ]);
}

function milliseconds(of: Figure | undefined): string {
  if (of === undefined) return '';
  const {
    median,
    spread: { least, most },
  } = of;
  return text({ median: median * 1000, spread: { least: least * 1000, most: most * 1000 } }, 1);
}

function megabytes(of: Figure | undefined): string {
  if (of === undefined) return '';
  const { median, spread } = of;
  return text({ median: median / 1e6, spread: { least: spread.least / 1e6, most: spread.most / 1e6 } }, 0);
}

function text(of: Figure | undefined, digits: number): string {
  if (of === undefined) return '';
  const { median, spread } = of;
  return `${median.toFixed(digits)} (${spread.least.toFixed(digits)} to ${spread.most.toFixed(digits)})`;
}

function line(name: string, workers: string, cells: readonly string[]): string {
  return [name.padEnd(18), workers.padStart(7), ...cells.map((cell) => cell.padStart(24))]
    .join('  ')
    .trimEnd();
}
