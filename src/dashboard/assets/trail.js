/** The newest lines of the audit trail, and the values that are shared. */

import { element, setText } from './elements.js';
import { bytes, count, dayAndTime, plural, timeOfDay } from './format.js';
import { filterBox, filtered, Table } from './table.js';

export class TrailPage {
  constructor(context) {
    this.filter = '';
    this.isPaused = false;
    this.log = element('ul', { class: 'log' });
    this.shown = element('span', { class: 'soft' });
    this.pause = element(
      'button',
      { class: 'do', type: 'button', 'aria-pressed': 'false', onclick: () => this.togglePause() },
      'pause',
    );
    const box = filterBox('filter: a part of a line, or an event such as slave-lost', (filter) => {
      this.filter = filter;
      context.look({ filter });
      if (context.isSaved && this.data !== undefined) this.draw(this.data);
    });
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, box, ...(context.isSaved ? [] : [this.pause]), this.shown),
      element('section', { class: 'card' }, this.log),
    );
  }

  togglePause() {
    this.isPaused = !this.isPaused;
    this.pause.setAttribute('aria-pressed', String(this.isPaused));
    if (!this.isPaused && this.data !== undefined) this.draw(this.data);
  }

  update(data) {
    this.data = data;
    if (!this.isPaused) this.draw(data);
  }

  draw({ lines, found, count: all }) {
    const shown = filtered(lines, this.filter, ({ type, text }) => `${type} ${text}`);
    setText(
      this.shown,
      `the newest ${count(shown.length)} of ${count(found)} that fit, of ${plural(all, 'line', 'lines')}; lines of each message are left out`,
    );
    this.log.replaceChildren(
      ...shown.map(({ atMs, text }) =>
        element('li', {}, element('time', { title: dayAndTime(atMs) }, timeOfDay(atMs)), text),
      ),
    );
  }
}

const SHARED = [
  { label: 'key', kind: 'cut', get: ({ key }) => key },
  { label: 'size', get: (row) => bytes(row.bytes), value: (row) => row.bytes },
  { label: 'sent to slaves', get: ({ sent }) => `${count(sent)} times`, value: ({ sent }) => sent },
  { label: 'last', get: ({ lastMs }) => dayAndTime(lastMs), value: ({ lastMs }) => lastMs },
];

export class SharedPage {
  constructor() {
    this.table = new Table(SHARED, ({ key }) => key);
    this.root = element('section', { class: 'card' }, this.table.root);
  }

  update({ rows }) {
    this.table.update(rows, 'no shared value was sent to a slave');
  }
}
