/** A lane for each slave: when it was busy, and with what. */

import { element, setText } from './elements.js';
import { count, plural, short, timeOfDay } from './format.js';
import { drawLanes, findInLanes, LEFT, legendOf } from './lanes.js';

/** Seconds, or all that the master's page keeps. */
const ZOOMS = [30, 60, 120, 300, 600, 'whole'];

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
        seconds === 'whole' ? 'all' : seconds < 120 ? `${seconds} s` : `${seconds / 60} min`,
      ),
    );
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('click', (event) => this.open(event));
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

  /** The lanes end at that time from then on, so that they may still be zoomed. */
  togglePause() {
    this.isPaused = !this.isPaused;
    this.pause.setAttribute('aria-pressed', String(this.isPaused));
    this.context.look({ until: this.isPaused ? (this.data?.nowMs ?? '') : '' });
  }

  update(data) {
    this.data = data;
    const kind = data.folded ? 'machines, since there are more than 64 slaves' : 'slaves';
    const shown =
      data.more > 0
        ? `the first ${data.lanes.length} ${kind}; ${count(data.more)} more`
        : `${data.lanes.length} ${kind}`;
    setText(this.note, this.isPaused ? `${shown}; paused at ${timeOfDay(data.toMs)}` : shown);
    this.draw();
  }

  draw() {
    const width = this.root.clientWidth - 30;
    if (this.data === undefined || width <= LEFT) return;
    this.place = drawLanes(this.canvas, this.data, width);
    const { keys, marks } = legendOf(this.data);
    const text = JSON.stringify([keys.map(({ textContent }) => textContent), marks]);
    if (text === this.told) return;
    this.told = text;
    this.legend.replaceChildren(...keys, ...marks.map((mark) => element('span', {}, mark)));
  }

  find({ offsetX, offsetY }) {
    if (this.place === undefined) return undefined;
    return findInLanes(this.data, this.place, offsetX, offsetY);
  }

  point(event) {
    const found = this.find(event);
    this.canvas.style.cursor = found === undefined ? '' : 'pointer';
    if (found === undefined) return;
    const { lane, atMs, share, algorithm, failed, marks, run } = found;
    const what = algorithm === 0 ? '' : ` with ${this.data.algorithms[algorithm]}`;
    const since =
      run === undefined ? '' : `; runs ${run.taskId} for ${short((this.data.toMs - run.fromMs) / 1_000)}`;
    const threw = failed === 0 ? '' : `; ${plural(failed, 'failed run', 'failed runs')}`;
    const marked = marks.map(({ kind, text }) => `; ${kind}: ${text}`).join('');
    const times = atMs === undefined ? '' : `: ${timeOfDay(atMs)}, ${share} % busy${what}`;
    const [page, id] = placeOf(found);
    const opens = `; a click opens ${page === 'tasks' ? id : `the page Slaves for ${id}`}`;
    setText(this.caption, `${lane.name} (${lane.note})${times}${since}${threw}${marked}${opens}`);
  }

  /** The task if one is known there, else the slaves of the lane. */
  open(event) {
    this.point(event);
    const found = this.find(event);
    if (found === undefined) return;
    const [page, id] = placeOf(found);
    location.hash = `#${page}/${encodeURIComponent(id)}`;
  }
}

function placeOf({ lane, marks, run }) {
  const taskId = marks.find((mark) => mark.taskId !== undefined)?.taskId ?? run?.taskId;
  return taskId === undefined ? ['slaves', lane.find] : ['tasks', taskId];
}
