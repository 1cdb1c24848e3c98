/** Charts of values over time, and small bars. */

import { drawn, element, setText } from './elements.js';
import { timeOfDay } from './format.js';

const HEIGHT = 130;
const [TOP, BOTTOM, LEFT, RIGHT] = [8, 22, 46, 10];

/** `format` makes a label of a value; `names` are those of one or two lines. */
export class TimeChart {
  constructor(title, names, format, most) {
    this.names = names;
    this.format = format;
    this.most = most;
    this.svg = drawn('svg', { height: HEIGHT, role: 'img', 'aria-label': title });
    this.caption = element('div', { class: 'caption' });
    this.root = element('section', { class: 'card' }, element('h2', {}, title), this.svg, this.caption);
    this.hover = undefined;
    this.svg.addEventListener('pointermove', (event) => {
      this.hover = event.offsetX;
      this.draw();
    });
    this.svg.addEventListener('pointerleave', () => {
      this.hover = undefined;
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  /** Each line is a list of values, one for each row. */
  update(fromMs, rowMs, lines) {
    this.data = { fromMs, rowMs, lines };
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (this.data === undefined || width === 0) return;
    const { fromMs, rowMs, lines } = this.data;
    const rows = Math.max(1, lines[0].length);
    const most = this.most ?? roundUp(Math.max(0, ...lines.flat()));
    const x = (row) => LEFT + (row / rows) * (width - LEFT - RIGHT);
    const y = (value) => TOP + (1 - Math.min(1, value / most)) * (HEIGHT - TOP - BOTTOM);
    const parts = [0, 0.5, 1].flatMap((part) => [
      drawn('line', { class: 'rule', x1: LEFT, x2: width - RIGHT, y1: y(most * part), y2: y(most * part) }),
      drawn('text', { x: LEFT - 6, y: y(most * part) + 4, 'text-anchor': 'end' }, this.format(most * part)),
    ]);
    const ends = [
      [0, 'start'],
      [rows, 'end'],
    ];
    for (const [row, anchor] of ends)
      parts.push(
        drawn('text', { x: x(row), y: HEIGHT - 6, 'text-anchor': anchor }, timeOfDay(fromMs + row * rowMs)),
      );
    for (const [index, values] of lines.entries()) {
      const path = values.map((value, row) => `${x(row)},${y(value)} ${x(row + 1)},${y(value)}`).join(' ');
      if (index === 0)
        parts.push(drawn('polygon', { class: 'area', points: `${x(0)},${y(0)} ${path} ${x(rows)},${y(0)}` }));
      parts.push(drawn('polyline', { class: index === 0 ? 'stroke' : 'stroke second', points: path }));
    }
    const pointed =
      this.hover === undefined ? rows - 1 : Math.floor(((this.hover - LEFT) / (width - LEFT - RIGHT)) * rows);
    const row = Math.max(0, Math.min(rows - 1, pointed));
    if (this.hover !== undefined)
      parts.push(
        drawn('line', { class: 'cross', x1: x(row + 0.5), x2: x(row + 0.5), y1: TOP, y2: HEIGHT - BOTTOM }),
      );
    this.svg.replaceChildren(...parts);
    const said = lines.map((values, index) => `${this.names[index]} ${this.format(values[row] ?? 0)}`);
    setText(this.caption, `${timeOfDay(fromMs + row * rowMs)}: ${said.join(', ')}`);
  }
}

/** Pairs of a place and a count, the last sixty places. */
export function sparkBars(pairs) {
  const last = pairs.at(-1)?.[0] ?? 0;
  const most = Math.max(1, ...pairs.map(([, value]) => value));
  const bars = pairs
    .filter(([place]) => last - place < 60)
    .map(([place, value]) => {
      const height = Math.max(1, (value / most) * 18);
      return drawn('rect', { x: 118 - (last - place) * 2, y: 18 - height, width: 1.6, height });
    });
  return drawn('svg', { class: 'spark', viewBox: '0 0 120 18', 'aria-hidden': 'true' }, ...bars);
}

function roundUp(value) {
  if (value <= 1) return 1;
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.ceil(value / step) * step;
}
