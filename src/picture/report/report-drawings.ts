/** The two drawings of a report's page: throughput over time, and the life of each slave. */
import { busiestAlgorithms, connectedOver, duration, gridOf, localTime } from './report-tables.js';
import { type SlaveSummary, settledColumn, type TrailSummary } from './trail-summary.js';

const WIDTH = 1_000;
const LEFT = 90;
const RIGHT = 60;
const PLOT_HEIGHT = 240;
const POINTS = 240;
const MOST_LINES = 5;
const MOST_SLAVES = 400;
/** Vertical room for the numbers of an axis. */
const AXIS = 40;

/** Results per second, in all and of the busiest algorithms, and the number of slaves. */
export function throughputDrawing(summary: TrailSummary): string {
  const { table } = summary;
  const grid = gridOf(summary, POINTS);
  const rate = (column: string): number[] =>
    table.read(column, grid).map((count) => count / (grid.widthMs / 1_000));
  const names = busiestAlgorithms(summary).map(([name]) => name);
  const lines = [
    { name: 'results', values: rate('results') },
    ...(names.length < 2 ? [] : names.slice(0, MOST_LINES - 1)).map((name) => ({
      name: `fates of ${name}`,
      values: rate(settledColumn(name)),
    })),
  ];
  const slaves = connectedOver(summary, grid);
  const mostRate = roundUp(Math.max(1, ...lines.flatMap(({ values }) => values)));
  const mostSlaves = Math.max(1, ...slaves);
  const spanMs = grid.rows * grid.widthMs;
  const x = (row: number): number => LEFT + (row / grid.rows) * (WIDTH - LEFT - RIGHT);
  const y = (part: number): number => 10 + (1 - part) * PLOT_HEIGHT;
  const steps = (values: readonly number[], most: number): string =>
    values
      .map(
        (value, row) =>
          `${round(x(row))},${round(y(value / most))} ${round(x(row + 1))},${round(y(value / most))}`,
      )
      .join(' ');
  const drawn = lines.map(
    ({ name, values }, index) =>
      `<polyline class="line c${index}" points="${steps(values, mostRate)}"><title>${escapeHtml(name)}</title></polyline>`,
  );
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(part))}" y2="${round(y(part))}"/>` +
      `<text class="right" x="${LEFT - 8}" y="${round(y(part) + 4)}">${short(mostRate * part)}</text>`,
  );
  const legend = [...lines.map(({ name }, index) => [`c${index}`, name]), ['slaves', 'slaves (right)']]
    .map(([colour, name]) => `<span class="key ${colour}">${escapeHtml(name ?? '')}</span>`)
    .join(' ');
  return (
    `<p class="legend">Per second, in steps of ${duration(grid.widthMs * 1_000)}: ${legend}</p>` +
    svg(
      PLOT_HEIGHT + 10 + AXIS,
      `<polyline class="line slaves" points="${steps(slaves, mostSlaves)}"><title>slaves</title></polyline>` +
        marks.join('') +
        drawn.join('') +
        `<text x="${WIDTH - RIGHT + 8}" y="${round(y(1) + 4)}">${mostSlaves}</text>` +
        `<text x="${WIDTH - RIGHT + 8}" y="${round(y(0) + 4)}">0</text>` +
        timeAxis(table.originMs, spanMs, PLOT_HEIGHT + 10),
    )
  );
}

/** One bar per session; the darker a piece, the busier all its places were in that time. */
export function slavesDrawing(summary: TrailSummary): string {
  const { slaves, table } = summary;
  const shown = slaves.slice(0, MOST_SLAVES);
  const grid = gridOf(summary, POINTS);
  const spanMs = Math.max(grid.rows * grid.widthMs, ...shown.map(({ toMs }) => toMs - table.originMs));
  const x = (timeMs: number): number =>
    LEFT + (Math.max(0, timeMs - table.originMs) / spanMs) * (WIDTH - LEFT - RIGHT);
  const rowHeight = shown.length <= 30 ? 18 : shown.length <= 100 ? 9 : 4;
  const everyLabel = Math.ceil(10 / rowHeight);
  const bars = shown.map((slave, row) => {
    const top = row * rowHeight + 1;
    const height = rowHeight - 2;
    const label =
      row % everyLabel === 0
        ? `<text class="right" x="${LEFT - 8}" y="${top + Math.min(12, height + 4)}">${escapeHtml(slave.sid)}</text>`
        : '';
    const bar = (fromMs: number, toMs: number, attributes: string): string =>
      `<rect x="${round(x(fromMs))}" y="${top}" width="${round(Math.max(0.5, x(toMs) - x(fromMs)))}" height="${height}" ${attributes}/>`;
    const pieces = slave.activity.map(({ fromMs, toMs, micros }) => {
      const part = micros / 1_000 / Math.max(1, (toMs - fromMs) * slave.places);
      return part < 0.005 ? '' : bar(fromMs, toMs, `class="busy" fill-opacity="${part.toFixed(2)}"`);
    });
    const lost = slave.end?.kind === 'lost' ? bar(slave.toMs, slave.toMs + spanMs / 400, 'class="lost"') : '';
    const life = bar(slave.fromMs, slave.toMs, 'class="life"');
    return `<g><title>${escapeHtml(describe(slave))}</title>${label}${life}${pieces.join('')}${lost}</g>`;
  });
  const height = shown.length * rowHeight;
  const note =
    shown.length < slaves.length ? `<p>The first ${shown.length} of ${slaves.length} sessions.</p>` : '';
  return note + svg(height + AXIS, bars.join('') + timeAxis(table.originMs, spanMs, height));
}

function describe({ sid, host, pid, results, end }: SlaveSummary): string {
  return `${sid} ${host}:${pid}, ${results} results, ${end?.text ?? 'connected'}`;
}

function timeAxis(originMs: number, spanMs: number, top: number): string {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const x = round(LEFT + part * (WIDTH - LEFT - RIGHT));
    const anchor = part === 0 ? '' : part === 1 ? ' class="right"' : ' class="middle"';
    return (
      `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${top + 6}"/>` +
      `<text${anchor} x="${x}" y="${top + 22}">${localTime(originMs + part * spanMs)}</text>`
    );
  });
  return marks.join('');
}

function svg(height: number, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" preserveAspectRatio="xMinYMin">${content}</svg>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** With two digits. */
function roundUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.ceil(value / step) * step;
}

function short(value: number): string {
  return value >= 10_000
    ? `${Number((value / 1_000).toPrecision(3))}k`
    : String(Number(value.toPrecision(3)));
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
