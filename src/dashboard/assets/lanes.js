/** Lanes on a canvas: busy times in the colours of their algorithms, failed runs below them, and marks. */

import { element } from './elements.js';
import { timeOfDay } from './format.js';

const [ROW, BAR, AXIS] = [20, 14, 20];
export const LEFT = 96;
export const MARKS = { lost: '✕', failed: '!', retried: '↻', slow: '◷', suspected: '?' };
/** Colours of algorithms beside that of unknown ones, plain at first, then with a stripe. */
const COLOURS = 6;
const TOLD_APART = 2 * COLOURS;

/** Draws them, and returns the width and the first time of the drawing, for `findInLanes`. */
export function drawLanes(canvas, data, width) {
  const height = Math.max(1, data.lanes.length) * ROW + AXIS;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  canvas.style.width = `${width}px`;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const draw = canvas.getContext('2d');
  draw.scale(scale, scale);
  draw.font = '11px system-ui, "DejaVu Sans", sans-serif';
  draw.textBaseline = 'middle';
  const place = { width, fromMs: data.toMs - data.cells * data.cellMs };
  const left = (cell) => LEFT + (cell / data.cells) * (width - LEFT);
  const isPlain = hasNoAlgorithms(data);
  for (const [index, lane] of data.lanes.entries())
    drawLane(draw, (name) => colour(isPlain && name === '--lane-0' ? '--lane-1' : name), data.cellMs, {
      lane,
      top: index * ROW + (ROW - BAR) / 2,
      left,
      place,
    });
  draw.fillStyle = colour('--soft');
  for (const part of [0, 0.5, 1]) {
    draw.textAlign = part === 0 ? 'left' : part === 1 ? 'right' : 'center';
    const ms = place.fromMs + part * data.cells * data.cellMs;
    draw.fillText(timeOfDay(ms), LEFT + part * (width - LEFT), height - AXIS / 2 + 2);
  }
  return place;
}

/** The height of a bar is the busy share, so that its colour stays as it is. */
function drawLane(draw, colour, cellMs, { lane, top, left, place }) {
  const { width, fromMs } = place;
  draw.textAlign = 'left';
  draw.fillStyle = colour('--ink');
  draw.fillText(fitted(draw, lane.name, LEFT - 8), 0, top + BAR / 2);
  draw.fillStyle = colour('--idle');
  draw.fillRect(LEFT, top, width - LEFT, BAR);
  let cell = 0;
  for (const [length, share, algorithm] of lane.runs) {
    const [from, to] = [left(cell), left(cell + length)];
    cell += length;
    if (share === 0) continue;
    const height = Math.max(2, (BAR * share) / 100);
    draw.fillStyle = colour(colourOf(algorithm));
    draw.fillRect(from, top + BAR - height, Math.max(0.5, to - from), height);
    draw.fillStyle = colour('--card');
    if (isStriped(algorithm)) draw.fillRect(from, top + BAR - height / 2 - 1, Math.max(0.5, to - from), 2);
  }
  draw.fillStyle = colour('--ink');
  for (const [first, length] of lane.failed)
    draw.fillRect(left(first), top + BAR - 1, Math.max(2, left(first + length) - left(first) - 1), 4);
  draw.textAlign = 'center';
  draw.strokeStyle = colour('--card');
  draw.lineWidth = 3;
  for (const { atMs, kind } of lane.marks) {
    const x = left((atMs - fromMs) / cellMs);
    const at = Math.min(width - 5, Math.max(LEFT + 5, x));
    draw.strokeText(MARKS[kind] ?? '•', at, top + BAR / 2);
    draw.fillText(MARKS[kind] ?? '•', at, top + BAR / 2);
  }
}

/** The lane, the time and the news at a place of the drawing; undefined beside the lanes. */
export function findInLanes(data, place, x, y) {
  const lane = data.lanes[Math.floor(y / ROW)];
  if (lane === undefined || x > place.width) return undefined;
  if (x < LEFT)
    return { lane, atMs: undefined, share: 0, algorithm: 0, failed: 0, marks: [], run: undefined };
  const at = ((x - LEFT) / (place.width - LEFT)) * data.cells;
  const atMs = place.fromMs + at * data.cellMs;
  let end = 0;
  const found = lane.runs.find(([length]) => {
    end += length;
    return end > at;
  });
  const [, share = 0, algorithm = 0] = found ?? [];
  // As near as a finger or a mouse can be
  const cellsNear = Math.max(1, (5 * data.cells) / (place.width - LEFT));
  const failed = lane.failed
    .filter(([first, length]) => at >= first - cellsNear && at <= first + length + cellsNear)
    .reduce((sum, [, , runs]) => sum + runs, 0);
  const marks = lane.marks.filter((mark) => Math.abs(mark.atMs - atMs) < cellsNear * data.cellMs);
  const run = share > 0 ? lane.now.find(({ fromMs }) => atMs >= fromMs) : undefined;
  return { lane, atMs, share, algorithm, failed, marks, run };
}

/** The colours of algorithms and the marks that can be seen, with their meanings. */
export function legendOf({ algorithms, lanes }) {
  const seen = lanes.flatMap(({ runs }) => runs.filter(([, share]) => share > 0).map(([, , one]) => one));
  const used = [...new Set(seen)].sort((a, b) => a - b);
  const kinds = new Set(lanes.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
  const others = used.some((one) => one > TOLD_APART);
  const keys = used.filter((one) => one > 0 && one <= TOLD_APART).map((one) => [one, algorithms[one]]);
  if (used.includes(0) || others) keys.unshift([0, others ? 'busy: others, or not seen' : 'busy']);
  return {
    keys: keys.map(([one, name]) => {
      const square = element('i', { class: isStriped(one) ? 'striped' : '' });
      square.style.backgroundColor = `var(${hasNoAlgorithms({ lanes }) ? '--lane-1' : colourOf(one)})`;
      return element('span', {}, square, name);
    }),
    marks: [
      ...(lanes.some(({ failed }) => failed.length > 0) ? ['▂ failed runs'] : []),
      ...Array.from(kinds, (kind) => `${MARKS[kind]} ${kind === 'failed' ? 'first error' : kind}`),
    ],
  };
}

/** Then nothing is told apart, as on folded lanes and in most trails. */
function hasNoAlgorithms({ lanes }) {
  return lanes.every(({ runs }) => runs.every(([, , algorithm]) => algorithm === 0));
}

function colourOf(algorithm) {
  return `--lane-${algorithm === 0 || algorithm > TOLD_APART ? 0 : 1 + ((algorithm - 1) % COLOURS)}`;
}

function isStriped(algorithm) {
  return algorithm > COLOURS && algorithm <= TOLD_APART;
}

function fitted(draw, text, width) {
  let shown = text;
  while (shown.length > 1 && draw.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  return shown;
}
