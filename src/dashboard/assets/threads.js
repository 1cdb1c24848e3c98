/** The threads of control that run in the program. */

import { element, setText, tag } from './elements.js';
import { clock, count, plural, timeOfDay } from './format.js';
import { filterBox, filtered, Table } from './table.js';

const COLUMNS = [
  { label: 'thread', kind: 'text', get: ({ id }) => id },
  { label: 'state', kind: 'text', get: ({ state }) => tag(state), value: ({ state }) => state },
  { label: 'path', kind: 'cut', get: ({ path }) => path },
  { label: 'waits for', get: ({ pending }) => count(pending), value: ({ pending }) => pending },
  { label: 'since', get: ({ startedMs }) => timeOfDay(startedMs), value: ({ startedMs }) => startedMs },
  { label: 'for', get: ({ seconds }) => clock(seconds), value: ({ seconds }) => seconds },
];

export class ThreadsPage {
  constructor() {
    this.filter = '';
    this.said = element('span', { class: 'soft' });
    this.table = new Table(COLUMNS, ({ id }) => id);
    const box = filterBox('filter: a thread, a path, a state', (filter) => {
      this.filter = filter;
      if (this.data !== undefined) this.update(this.data);
    });
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, box, this.said),
      element('section', { class: 'card' }, this.table.root),
    );
  }

  update(data) {
    this.data = data;
    const { rows, all, nowMs } = data;
    const cut = all > rows.length ? `, the oldest ${count(rows.length)} are here` : '';
    setText(this.said, `${plural(all, 'thread', 'threads')}${cut}`);
    const emptyText =
      all === 0
        ? 'no thread runs'
        : rows.length === 0
          ? 'the master has not told them yet'
          : 'none fits the filter';
    const aged = rows.map((row) => ({ ...row, seconds: (nowMs - row.startedMs) / 1_000 }));
    const textOf = ({ id, path, state }) => `${id} ${path} ${state}`;
    this.table.update(filtered(aged, this.filter, textOf), emptyText);
  }
}
