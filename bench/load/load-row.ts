/** The outcome of a part of the load: figures, and everything that is not as it must be. */

import type { Tally } from './fate-tally.js';

export interface LoadRow {
  readonly part: string;
  /** The work of the row, in a few words. */
  readonly what: string;
  /** Tasks, or messages where there are no tasks. */
  readonly count: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reruns: number;
  readonly seconds: number;
  /** Of the master with its broker, or of the broker alone. */
  readonly peakBytes: number;
  /** Of the slave that took most; undefined where there is none. */
  readonly slaveBytes?: number | undefined;
  readonly notes: readonly string[];
  /** Empty when all is well. */
  readonly failures: readonly string[];
}

/** Collects what is wrong. */
export class Findings {
  readonly failures: string[] = [];

  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.failures.push(otherwise);
  }

  bound(what: string, value: number, most: number, unit: string): void {
    // A figure that could not be had is no proof of a bound.
    this.expect(value <= most, `${what}: ${round(value)} ${unit}, at most ${round(most)} allowed`);
  }

  expectAllOk(tally: Tally, tasks: number): void {
    const { submitted, ok, lost, doubled, wrong, trouble } = tally;
    const counts = `${submitted} submitted, ${ok} ok, ${lost} lost, ${doubled} doubled, ${wrong} wrong`;
    const isWell = submitted === tasks && ok === tasks && lost + doubled + wrong === 0;
    this.expect(isWell, `${counts} of ${tasks}: ${trouble ?? 'no more is known'}`);
  }
}

export function megabytes(bytes: number): number {
  return bytes / 1e6;
}

const COLUMNS = [
  'part',
  'what',
  'count',
  'lost',
  'doubled',
  'run again',
  's',
  'per s',
  'peak MB',
  'slave MB',
];
const WIDTHS = [-11, -44, 9, 4, 7, 9, 7, 9, 7, 8];

export function rowHead(): string {
  return line(COLUMNS);
}

/** The line of a row; below it what is to be said, and what is wrong. */
export function rowLines(row: LoadRow): string[] {
  const { part, what, count, lost, doubled, reruns, seconds, peakBytes, slaveBytes } = row;
  const figures = line([
    part,
    what,
    count.toLocaleString('en'),
    String(lost),
    String(doubled),
    String(reruns),
    seconds.toFixed(1),
    Math.round(count / seconds).toLocaleString('en'),
    megabytes(peakBytes).toFixed(0),
    slaveBytes === undefined ? '-' : megabytes(slaveBytes).toFixed(0),
  ]);
  return [
    figures,
    ...row.notes.map((note) => `    ${note}`),
    ...row.failures.map((failure) => `    FAILED: ${failure}`),
  ];
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index] ?? 0;
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join('  ');
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
