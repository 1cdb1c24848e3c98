/** The benchmark's figures as a table that is read in a terminal. */

import type { PeakMemory } from './measured-process.js';
import type { Spread } from './statistics.js';
import type { Rate, RoundTrip, ThroughputRow } from './throughput.js';

interface Column {
  readonly title: string;
  readonly width: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'broker', width: -11 },
  { title: 'slaves', width: 6 },
  { title: 'group', width: 5 },
  { title: 'tasks/s', width: 9 },
  { title: 'least-most', width: 11 },
  { title: 'µs/task', width: 8 },
  { title: 'raw NATS/s', width: 11 },
  { title: 'ratio', width: 6 },
  { title: '64 outstanding/s', width: 16 },
  { title: 'least-most', width: 11 },
  { title: 'raw', width: 8 },
  { title: 'ratio', width: 6 },
  { title: 'one at a time µs, p99', width: 21 },
  { title: 'chain µs', width: 8 },
  { title: 'raw µs, p99', width: 14 },
  { title: 'ratio', width: 6 },
  { title: 'request µs', width: 10 },
  { title: 'ratio', width: 6 },
  { title: 'TCP µs', width: 6 },
  { title: 'peak MB', width: 12 },
];

export function tableHead(): string {
  return line(COLUMNS.map(({ title }) => title));
}

export function tableLine({
  broker,
  slaves,
  group,
  bulk,
  window,
  sequential,
  memory,
}: ThroughputRow): string {
  return line([
    broker,
    String(slaves),
    String(group),
    count(bulk.tasksPerSecond),
    thousands(bulk.spread),
    (1e6 / bulk.tasksPerSecond).toFixed(2),
    count(bulk.rawPerSecond),
    bulk.ratio.toFixed(2),
    ...windowCells(window),
    ...sequentialCells(sequential),
    memoryCell(memory),
  ]);
}

function windowCells(rate: Rate | undefined): string[] {
  if (rate === undefined) return ['', '', '', ''];
  return [
    count(rate.tasksPerSecond),
    thousands(rate.spread),
    count(rate.rawPerSecond),
    rate.ratio.toFixed(2),
  ];
}

function sequentialCells(trip: RoundTrip | undefined): string[] {
  if (trip === undefined) return ['', '', '', '', '', '', ''];
  return [
    `${trip.medianMicros.toFixed(0)}, ${trip.p99Micros.toFixed(0)}`,
    trip.chainMedianMicros.toFixed(0),
    `${trip.rawMedianMicros.toFixed(0)}, ${trip.rawP99Micros.toFixed(0)}`,
    trip.ratio.toFixed(2),
    trip.requestMedianMicros.toFixed(0),
    trip.requestRatio.toFixed(2),
    trip.tcpMedianMicros.toFixed(0),
  ];
}

/** The master's, then each slave's. */
function memoryCell(memory: PeakMemory | undefined): string {
  if (memory === undefined) return '-';
  return [memory.masterBytes, ...memory.slaveBytes].map(megabytes).join(' ');
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function thousands({ least, most }: Spread): string {
  return `${Math.round(least / 1_000)}k-${Math.round(most / 1_000)}k`;
}

/** Times of a task in microseconds: their median, and between which they were. */
export function micros(median: number, { least, most }: Spread): string {
  return `${median.toFixed(2).padStart(7)} µs per task (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function line(cells: readonly string[]): string {
  return COLUMNS.map(({ width }, index) => {
    const cell = cells[index] ?? '';
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  }).join('  ');
}
