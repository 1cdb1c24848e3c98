/**
 * The cost of watching: the rate of tasks that do nothing, with a dashboard that somebody looks at, metrics that are read
 * each second and progress at the foot of a terminal, beside a master without these, in turns; the memory that all this takes,
 * in two masters that draw as many tasks; and the dashboard's state of 5,000 simulated slaves.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasTerminals } from '../tests/support/terminal.js';
import { MeasuredProcess } from './measured-process.js';
import { count, megabytes } from './report.js';
import { median, type Spread, spread } from './statistics.js';
import { Viewers } from './viewers.js';
import { type ModelRow, measureModel, modelLine } from './watching-model.js';

export interface WatchingOptions {
  readonly repeats: number;
  /** The sizes of task groups whose rates are measured; all. */
  readonly groups?: readonly Group[];
  /** Scales how many tasks a measurement of a rate takes. */
  readonly share: number;
  /** Drawn for the memory. */
  readonly drawn: number;
  readonly slaves: number;
  /** Of the state of these. */
  readonly updates: number;
}

type Group = keyof typeof TASKS;

export interface WatchedRate {
  readonly group: Group;
  readonly tasksPerSecond: number;
  /** Of pairs: with all of it, to without. */
  readonly ratio: number;
  readonly spread: Spread;
}

/** Peaks of a master's process; undefined where there is no /proc. */
export interface Peaks {
  /** After a tenth of the tasks. */
  readonly earlyBytes: number | undefined;
  readonly bytes: number | undefined;
}

export interface WatchedMemory {
  readonly drawn: number;
  readonly plain: Peaks;
  readonly watched: Peaks;
}

export interface WatchingRow {
  readonly rates: readonly WatchedRate[];
  readonly memory: WatchedMemory;
  readonly model: ModelRow;
}

const TASKS = { 1: 60_000, auto: 600_000 } as const;
const GROUPS = [1, 'auto'] as const;
/** Two processes of one program differ by some hundredths to their end, so that one pair would measure that too. */
const MOST_PAIRS = 5;
const WATCHED = ['--dashboard', '--metrics', '0'];

interface Masters {
  readonly plain: MeasuredProcess;
  readonly watched: MeasuredProcess;
  readonly viewers: Viewers;
}

/** Seconds of one turn. */
interface Sample {
  readonly plain: number;
  readonly watched: number;
}

/** Says a line for each figure as it is there. */
export async function measureWatching(
  options: WatchingOptions,
  say: (line: string) => void,
): Promise<WatchingRow> {
  // Before the others, whose garbage would be in its bytes
  const model = measureModel(options);
  say(modelLine(model));
  const rates: WatchedRate[] = [];
  for (const group of options.groups ?? GROUPS) {
    const rate = await measureRate(group, options);
    rates.push(rate);
    say(rateLine(rate));
  }
  const memory = await measureMemory(options);
  say(memoryLine(memory));
  return { rates, memory, model };
}

function rateLine({ group, tasksPerSecond, ratio, spread: { least, most } }: WatchedRate): string {
  return (
    `group ${String(group).padEnd(4)} ${count(tasksPerSecond).padStart(9)} tasks/s watched, ` +
    `${ratio.toFixed(3)} of those of a master that is not (${least.toFixed(3)} to ${most.toFixed(3)})`
  );
}

function memoryLine({ drawn, plain, watched }: WatchedMemory): string {
  const more = (one: number | undefined, other: number | undefined): string =>
    one === undefined || other === undefined ? '-' : megabytes(one - other);
  const late = more(watched.bytes, plain.bytes);
  const early = more(watched.earlyBytes, plain.earlyBytes);
  return `${late} MB more after ${count(drawn)} tasks, ${early} MB more after ${count(drawn / 10)}`;
}

async function measureRate(group: Group, { repeats, share }: WatchingOptions): Promise<WatchedRate> {
  const tasks = Math.round(TASKS[group] * share);
  const args = ['--slave-task-group', `${group}`, '--slave-result-group', `${group}`];
  const pairs = Math.min(MOST_PAIRS, repeats);
  const samples: Sample[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const turns = Math.ceil((repeats - samples.length) / (pairs - pair));
    samples.push(...(await withMasters(args, (masters) => timeTurns(masters, tasks, turns))));
  }
  const ratios = samples.map(({ plain, watched }) => plain / watched);
  const rates = samples.map(({ watched }) => tasks / watched);
  return { group, tasksPerSecond: median(rates), ratio: median(ratios), spread: spread(ratios) };
}

async function timeTurns(
  { plain, watched, viewers }: Masters,
  tasks: number,
  turns: number,
): Promise<Sample[]> {
  const timePlain = async (): Promise<number> => (await plain.measure({ kind: 'bulk', tasks })).seconds;
  const timeWatched = (): Promise<number> =>
    looked(viewers, async () => (await watched.measure({ kind: 'bulk', tasks })).seconds);
  await timePlain();
  await timeWatched();
  const samples: Sample[] = [];
  for (let turn = 0; turn < turns; turn++) {
    // Each is first in every other turn
    const early = turn % 2 === 0 ? await timePlain() : undefined;
    const seconds = await timeWatched();
    samples.push({ plain: early ?? (await timePlain()), watched: seconds });
  }
  return samples;
}

/** Both masters draw the same, one after the other. */
async function measureMemory({ drawn }: WatchingOptions): Promise<WatchedMemory> {
  return withMasters([], async ({ plain, watched, viewers }) => {
    const draw = async (master: MeasuredProcess): Promise<Peaks> => {
      await master.measure({ kind: 'submit-all', tasks: drawn / 10 });
      const earlyBytes = master.peakMemory()?.masterBytes;
      await master.measure({ kind: 'submit-all', tasks: drawn - drawn / 10 });
      return { earlyBytes, bytes: master.peakMemory()?.masterBytes };
    };
    return { drawn, plain: await draw(plain), watched: await looked(viewers, () => draw(watched)) };
  });
}

async function looked<T>(viewers: Viewers, act: () => Promise<T>): Promise<T> {
  await viewers.look();
  const result = await act();
  viewers.leave();
  return result;
}

async function withMasters<T>(args: readonly string[], act: (masters: Masters) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const argsOf = (name: string, more: readonly string[]): string[] => [
    '--master',
    ...['--slaves', '1', '--audit-file', join(folder, name)],
    ...args,
    ...more,
  ];
  const startWatched = (): Promise<MeasuredProcess> =>
    hasTerminals()
      ? MeasuredProcess.startInTerminal('no-op', argsOf('watched', [...WATCHED, '--progress', 'line']))
      : MeasuredProcess.start('no-op', argsOf('watched', [...WATCHED, '--progress', 'log']));
  const masters: MeasuredProcess[] = [];
  try {
    const plain = await MeasuredProcess.start('no-op', argsOf('plain', ['--progress', 'off']));
    masters.push(plain);
    const watched = await startWatched();
    masters.push(watched);
    return await act({ plain, watched, viewers: await Viewers.of(watched) });
  } finally {
    for (const master of masters) await master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
