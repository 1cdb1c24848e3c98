/** Words and tables of a report, the same for text and page. */
import { type AlgorithmTally, settledOf } from '../algorithm-tallies.js';
import type { Grid } from './time-table.js';
import { type SlaveSummary, settledColumn, type TrailSummary } from './trail-summary.js';

export interface ReportTable {
  readonly title: string;
  /** One sentence each, above the table. */
  readonly notes: readonly string[];
  /** Texts are on the left, everything else on the right. */
  readonly columns: readonly { readonly name: string; readonly isText?: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

export interface ReportLimits {
  /** Rows of the table over time. */
  readonly times: number;
  readonly slaves: number;
  readonly failures: number;
  /** Algorithms with a column of their own in the table over time. */
  readonly algorithms: number;
}

/** Characters of a reason; the trail has the rest. */
const MOST_BECAUSE = 160;

const text = (name: string) => ({ name, isText: true });
const number = (name: string) => ({ name });

export function reportTables(summary: TrailSummary, limits: ReportLimits): ReportTable[] {
  return [
    runTable(summary),
    slavesInShort(summary),
    hostTable(summary),
    algorithmTable(summary),
    failureTable(summary, limits),
    timesTable(summary, limits),
    slaveTable(summary, limits),
  ];
}

export function gridOf({ table, hasFineTimes }: TrailSummary, mostRows: number): Grid {
  return table.grid(mostRows, hasFineTimes ? 100 : 1_000);
}

/** The algorithms that have most results, first. */
export function busiestAlgorithms({ picture }: TrailSummary): [string, AlgorithmTally][] {
  return [...picture.algorithms.byName].sort(([, a], [, b]) => settledOf(b) - settledOf(a));
}

/** The number of connected slaves at the end of each row. */
export function connectedOver({ table }: TrailSummary, grid: Grid): number[] {
  const gone = table.read('gone', grid);
  let connected = 0;
  return table.read('joined', grid).map((joined, row) => {
    connected += joined - (gone[row] ?? 0);
    return Math.max(0, connected);
  });
}

function runTable({ runs, picture: { counts } }: TrailSummary): ReportTable {
  return {
    title: 'Runs',
    notes:
      counts.linesDropped === 0
        ? []
        : [`${counts.linesDropped} lines were dropped when the trail was written: all numbers are too low.`],
    columns: [text('run'), text('member'), text('from'), text('to'), number('seconds'), text('end')],
    rows: runs.map(({ memberId, fromMs, toMs, finished }, index) => [
      String(index + 1),
      memberId,
      localTime(fromMs),
      localTime(toMs),
      seconds(toMs - fromMs),
      finished ? 'finished' : 'no last line: killed, or still running',
    ]),
  };
}

function slavesInShort({ slaves, picture }: TrailSummary): ReportTable {
  const { counts, losses } = picture;
  const lifetimes = slaves.map(({ fromMs, toMs }) => toMs - fromMs).sort((a, b) => a - b);
  const others = [
    [counts.recalled, 'Tasks taken back unstarted'],
    [counts.backedUp, 'Tasks given to a second slave'],
    [counts.reclaimed, 'Tasks taken back from lost slaves'],
    [counts.resultsDropped, 'Results that came too late or twice'],
    [counts.refused, 'Processes that were refused'],
  ] as const;
  return {
    title: 'Slaves',
    notes: [
      `Sessions: ${slaves.length}; at most ${picture.slaves.mostAtOnce} at a time; the median lasted ${seconds(median(lifetimes))} s.`,
      `Ends: ${counts.shutDown} shut down, ${counts.lost} lost, ${counts.left} left; joined again: ${counts.rejoined}.`,
      ...others.filter(([count]) => count > 0).map(([count, what]) => `${what}: ${count}.`),
    ],
    columns: [text('lost because'), number('slaves')],
    rows: [...losses].sort(([, a], [, b]) => b - a).map(([evidence, count]) => [evidence, String(count)]),
  };
}

function hostTable({ slaves }: TrailSummary): ReportTable {
  const hosts = new Map<string, Usage & { slaves: number; results: number; micros: number }>();
  for (const slave of slaves) {
    const sum = hosts.get(slave.host) ?? { slaves: 0, results: 0, micros: 0, busyMicros: 0, placesMs: 0 };
    hosts.set(slave.host, sum);
    sum.slaves++;
    sum.results += slave.results;
    sum.micros += slave.micros;
    const { busyMicros, placesMs } = usageOf(slave);
    sum.busyMicros += busyMicros;
    sum.placesMs += placesMs;
  }
  return {
    title: 'Hosts',
    notes: [],
    columns: [text('host'), number('sessions'), number('results'), number('computed s'), number('busy')],
    rows: [...hosts]
      .sort(([, a], [, b]) => b.results - a.results)
      .map(([host, sum]) => [
        host,
        String(sum.slaves),
        String(sum.results),
        seconds(sum.micros / 1_000),
        share(sum),
      ]),
  };
}

function algorithmTable(summary: TrailSummary): ReportTable {
  const columns = ['submitted', 'ok', 'error', 'unrunnable', 'median', 'p90', 'p99', 'longest', 'computed s'];
  return {
    title: 'Algorithms',
    notes: ['Run times are at most 3 % off.'],
    columns: [text('algorithm'), ...columns.map(number)],
    rows: busiestAlgorithms(summary).map(([name, { submitted, ok, error, unrunnable, times }]) => [
      name,
      ...[submitted, ok, error, unrunnable].map(String),
      ...[0.5, 0.9, 0.99, 1].map((part) => (times.count === 0 ? '-' : duration(times.percentile(part)))),
      seconds(times.micros / 1_000),
    ]),
  };
}

function failureTable({ picture: { failures, counts } }: TrailSummary, limits: ReportLimits): ReportTable {
  const all = failures.list();
  const shown = all.slice(0, limits.failures);
  const left = all.slice(limits.failures).reduce((sum, { count }) => sum + count, 0);
  return {
    title: 'Failures',
    notes:
      all.length === 0
        ? ['None.']
        : [
            `Runs that failed and were repeated: ${counts.retried}.`,
            'Texts that differ only in numbers are counted together. A run that threw and was repeated counts twice.',
            ...(left > 0 ? [`Further reasons: ${left} times.`] : []),
          ],
    columns: [text('what'), text('algorithm'), text('because'), number('times')],
    rows: shown.map(({ kind, algorithm, because, count }) => [
      kind,
      algorithm === '' ? '-' : algorithm,
      because.length > MOST_BECAUSE ? `${because.slice(0, MOST_BECAUSE)}…` : because,
      String(count),
    ]),
  };
}

function timesTable(summary: TrailSummary, { times, algorithms }: ReportLimits): ReportTable {
  const { table } = summary;
  const grid = gridOf(summary, times);
  const names = busiestAlgorithms(summary)
    .slice(0, algorithms)
    .map(([name]) => name);
  const read = (column: string): number[] => table.read(column, grid);
  const columns = [
    ...['submitted', 'sent', 'results'].map(read),
    ...names.map((name) => read(settledColumn(name))),
    ...['joined', 'gone'].map(read),
    connectedOver(summary, grid),
  ];
  const heads = ['submitted', 'sent', 'results', ...names.map((name) => `fates of ${name}`)];
  return {
    title: 'Over time',
    notes: [
      `Each row is ${duration(grid.widthMs * 1_000)}. Submissions and fates are written within a second; a task may be sent more than once.`,
    ],
    columns: [text('from'), ...[...heads, 'joined', 'gone', 'slaves'].map(number)],
    rows: Array.from({ length: grid.rows }, (_, row) => [
      localTime(table.originMs + row * grid.widthMs, grid.widthMs < 1_000),
      ...columns.map((counts) => String(counts[row] ?? 0)),
    ]),
  };
}

function slaveTable({ slaves, runs }: TrailSummary, limits: ReportLimits): ReportTable {
  const shown = slaves.slice(0, limits.slaves);
  const name = ({ sid, run }: SlaveSummary): string => (runs.length > 1 ? `${run + 1}/${sid}` : sid);
  const hasPlaces = slaves.some(({ places }) => places > 1);
  const columns = [...(hasPlaces ? ['places'] : []), 'sent', 'results', 'computed s', 'busy'];
  return {
    title: 'Each slave',
    notes: [
      'Busy is the share of its time that its results took, over all its places: those of --slave-concurrency, otherwise one.',
      ...(shown.length < slaves.length ? [`These are the first ${shown.length} of ${slaves.length}.`] : []),
    ],
    columns: [
      text('slave'),
      text('host'),
      text('from'),
      number('seconds'),
      ...columns.map(number),
      text('end'),
    ],
    rows: shown.map((slave) => [
      name(slave),
      slave.pid === 0 ? slave.host : `${slave.host}:${slave.pid}`,
      localTime(slave.fromMs),
      seconds(slave.toMs - slave.fromMs),
      ...(hasPlaces ? [String(slave.places)] : []),
      String(slave.sent),
      String(slave.results),
      seconds(slave.micros / 1_000),
      share(usageOf(slave)),
      slave.end?.text ?? 'connected',
    ]),
  };
}

export function localTime(timeMs: number, fine = false): string {
  const time = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock}${fine ? `.${String(time.getMilliseconds()).padStart(3, '0')}` : ''}`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** With a unit that gives a readable number. */
export function duration(micros: number): string {
  const units = [
    [86_400e6, 'd'],
    [3_600e6, 'h'],
    [60e6, 'min'],
    [1e6, 's'],
    [1e3, 'ms'],
  ] as const;
  const [size, unit] = units.find(([size]) => micros >= size) ?? [1, 'us'];
  return `${Number((micros / size).toPrecision(3))} ${unit}`;
}

interface Usage {
  busyMicros: number;
  /** Over all places. */
  placesMs: number;
}

/** Only time within its life counts: a result may be of a run that began before it joined. */
function usageOf({ activity, places, fromMs, toMs }: SlaveSummary): Usage {
  const busyMicros = activity.reduce((sum, { micros }) => sum + micros, 0);
  return { busyMicros, placesMs: (toMs - fromMs) * places };
}

function share({ busyMicros, placesMs }: Usage): string {
  return placesMs <= 0 ? '-' : `${Math.min(100, (busyMicros / 1_000 / placesMs) * 100).toFixed(1)} %`;
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [below = 0, above = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}
