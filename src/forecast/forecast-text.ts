/** A forecast in words. */

import { counted } from '../structures/counted.js';
import type { Bound, Forecast, ForecastRow } from './forecast.js';
import type { TaskWork } from './task-work.js';
import type { TrailWork } from './trail-work.js';

/** Shorter runs take about as long as their way to the slave and back. */
const SHORT_MICROS = 1_000;

export function forecastText(path: string, trail: TrailWork, forecast: Forecast): string {
  const { work, places } = trail;
  const beside = places === 1 ? '' : `, ${places} tasks at once each`;
  const head =
    `${path}: ${counted(work.count, 'task')}, ${seconds(work.totalMicros / 1_000)} s of runs; it took ` +
    `${seconds(trail.tookMs)} s with ${counted(trail.slaves, 'slave')}${beside}`;
  return `${[head, '', ...table(forecast.rows), '', sentence(work, forecast), ...shortRuns(work)].join('\n')}\n`;
}

function table(rows: readonly ForecastRow[]): string[] {
  const cells = [
    ['slaves', 'seconds', 'busy', 'times as fast as one'],
    ...rows.map(({ slaves, ms, busy, speed }) => [
      String(slaves),
      seconds(ms),
      `${(busy * 100).toFixed(0)} %`,
      speed.toFixed(2),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) => row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  '));
}

function sentence(work: TaskWork, { rows, enough, bound }: Forecast): string {
  const last = rows.at(-1) as ForecastRow;
  if (enough === undefined) {
    const more = 2 * last.slaves;
    return `More than ${last.slaves} slaves may still help: no number of them needs less than ${seconds(bound.ms)} s; type --slaves ${last.slaves},${more} to see.`;
  }
  const verb = enough === 1 ? 'More than 1 slave hardly helps' : `More than ${enough} slaves hardly help`;
  return `${verb}: ${because(work, bound)}.`;
}

function because(work: TaskWork, { ms, because }: Bound): string {
  if (because.kind === 'ordered') {
    return `the tasks of one ordered slave take ${seconds(ms)} s one after another`;
  }
  const { at } = because;
  const task = `TASK-${work.number(at)} of ${work.algorithms[work.algorithm(at)]}`;
  const own = seconds(work.ownMs(at));
  return because.kind === 'late-task'
    ? `the program submitted ${task} after ${seconds(work.submittedMs(at))} s, and it takes ${own} s`
    : `${task} alone takes ${own} s`;
}

function shortRuns({ totalMicros, count }: TaskWork): string[] {
  const micros = totalMicros / count;
  if (micros >= SHORT_MICROS) return [];
  return [
    `A run takes ${micros.toFixed(0)} us on the average. The time of the master and of the network, which is left out, ` +
      'counts as much for runs below a millisecond.',
  ];
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
