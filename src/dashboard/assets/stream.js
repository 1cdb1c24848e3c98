/** A lane for each slave: when it was busy, and with what. */

import { element, setText } from './elements.js';
import { count, timeOfDay } from './format.js';

const ZOOMS = [30, 60, 120, 300, 600];
const [ROW, BAR, LEFT, AXIS] = [20, 14, 96, 20];
const MARKS = { lost: '✕', failed: '!', retried: '↻', slow: '◷', suspected: '?' };
const COLOURS = ['--blue', '--orange', '--green', '--purple', '--sky', '--red'];

export class StreamPage {
  constructor(context) {
    this.context = context;
    this.seconds = 120;
    this.isPaused = false;
    this.canvas = element('canvas', { tabindex: '0', role: 'img', 'aria-label': 'busy times of slaves' });
    this.caption = element('div', { class: 'caption', role: 'status' });
    this.legend = element('div', { class: 'legend' });
    this.note = element('span', { class: 'soft' });
    this.pause = element(
      'button',
      { class: 'do', type: 'button', 'aria-pressed': 'false', onclick: () => this.togglePause() },
      'pause',
    );
    this.zooms = ZOOMS.map((seconds) =>
      element(
        'button',
        { class: 'do', type: 'button', onclick: () => this.zoom(seconds) },
        seconds < 120 ? `${seconds} s` : `${seconds / 60} min`,
      ),
    );
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('click', (event) => this.point(event));
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, ...(context.isSaved ? [] : [this.pause, ...this.zooms]), this.note),
      element('section', { class: 'card lanes' }, this.legend, this.canvas, this.caption),
    );
    new ResizeObserver(() => this.draw()).observe(this.root);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.zoom(this.seconds);
  }

  keyed(key) {
    if (this.context.isSaved) return false;
    if (key === ' ') this.togglePause();
    const at = ZOOMS.indexOf(this.seconds);
    if (key === '+' && at > 0) this.zoom(ZOOMS[at - 1]);
    if (key === '-' && at < ZOOMS.length - 1) this.zoom(ZOOMS[at + 1]);
    return [' ', '+', '-'].includes(key);
  }

  zoom(seconds) {
    this.seconds = seconds;
    for (const [index, button] of this.zooms.entries())
      button.setAttribute('aria-pressed', String(ZOOMS[index] === seconds));
    this.context.look({ seconds });
  }

  togglePause() {
    this.isPaused = !this.isPaused;
    this.pause.setAttribute('aria-pressed', String(this.isPaused));
  }

  update(data) {
    if (this.isPaused) return;
    this.data = data;
    const kind = data.folded ? 'machines, since there are more than 64 slaves' : 'slaves';
    setText(
      this.note,
      data.more > 0
        ? `the first ${data.lanes.length} ${kind}; ${count(data.more)} more`
        : `${data.lanes.length} ${kind}`,
    );
    this.draw();
  }

  draw() {
    const { data, canvas } = this;
    const width = this.root.clientWidth - 30;
    if (data === undefined || width <= LEFT) return;
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
    this.place = { width, fromMs: data.toMs - data.cells * data.cellMs };
    const x = (ms) => LEFT + ((ms - this.place.fromMs) / (data.cells * data.cellMs)) * (width - LEFT);
    for (const [index, lane] of data.lanes.entries()) {
      const top = index * ROW + (ROW - BAR) / 2;
      draw.globalAlpha = 1;
      draw.fillStyle = colour('--ink');
      draw.fillText(fitted(draw, lane.name, LEFT - 8), 0, top + BAR / 2);
      draw.fillStyle = colour('--idle');
      draw.fillRect(LEFT, top, width - LEFT, BAR);
      let cell = 0;
      for (const [length, share, algorithm] of lane.runs) {
        const [from, to] = [cell, cell + length].map((one) => LEFT + (one / data.cells) * (width - LEFT));
        cell += length;
        if (share === 0) continue;
        draw.globalAlpha = 0.25 + (0.75 * share) / 100;
        draw.fillStyle = colour(colourOf(algorithm));
        draw.fillRect(from, top, Math.max(0.5, to - from), BAR);
      }
      draw.globalAlpha = 1;
      draw.fillStyle = colour('--ink');
      draw.textAlign = 'center';
      for (const { atMs, kind } of lane.marks)
        draw.fillText(MARKS[kind] ?? '•', Math.min(width - 5, Math.max(LEFT + 5, x(atMs))), top + BAR / 2);
      draw.textAlign = 'left';
    }
    draw.fillStyle = colour('--soft');
    for (const part of [0, 0.5, 1]) {
      draw.textAlign = part === 0 ? 'left' : part === 1 ? 'right' : 'center';
      const ms = this.place.fromMs + part * data.cells * data.cellMs;
      draw.fillText(timeOfDay(ms), LEFT + part * (width - LEFT), height - AXIS / 2 + 2);
    }
    this.tellLegend(data);
  }

  tellLegend({ algorithms, lanes }) {
    const used = new Set(
      lanes.flatMap(({ runs }) => runs.filter(([, share]) => share > 0).map(([, , one]) => one)),
    );
    const kinds = new Set(lanes.flatMap(({ marks }) => marks.map(({ kind }) => kind)));
    const text = JSON.stringify([[...used], [...kinds], algorithms]);
    if (text === this.told) return;
    this.told = text;
    const keys = [...used]
      .sort((a, b) => a - b)
      .map((one) => {
        const square = element('i');
        square.style.background = `var(${colourOf(one)})`;
        return element('span', {}, square, one === 0 ? 'busy' : algorithms[one]);
      });
    this.legend.replaceChildren(
      ...keys,
      ...[...kinds].map((kind) => element('span', {}, `${MARKS[kind]} ${kind}`)),
    );
  }

  point({ offsetX, offsetY }) {
    const { data, place } = this;
    const lane = data?.lanes[Math.floor(offsetY / ROW)];
    if (lane === undefined || offsetX < LEFT) return;
    const at = ((offsetX - LEFT) / (place.width - LEFT)) * data.cells;
    const ms = place.fromMs + at * data.cellMs;
    let end = 0;
    const run = lane.runs.find(([length]) => {
      end += length;
      return end > at;
    });
    const [, share = 0, algorithm = 0] = run ?? [];
    const near = lane.marks.filter(({ atMs }) => Math.abs(atMs - ms) < 4 * data.cellMs);
    const marked = near.map(({ kind, text }) => `; ${kind}: ${text}`).join('');
    const name = algorithm === 0 ? '' : `, ${data.algorithms[algorithm]}`;
    setText(this.caption, `${timeOfDay(ms)} ${lane.name} (${lane.note}): ${share} % busy${name}${marked}`);
  }
}

function colourOf(algorithm) {
  return COLOURS[algorithm % COLOURS.length];
}

function fitted(draw, text, width) {
  let shown = text;
  while (shown.length > 1 && draw.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  return shown;
}
