/**
 * A table whose rows stay the same elements while their data changes. A click on a head sorts by it, a second one the
 * other way round.
 */

import { element, setText } from './elements.js';

/**
 * A column has a `label`, `get`, which makes a text or an element of a row, `value`, by which it is sorted (the text if
 * there is none), and a `kind`: text, long, cut, or a number if there is none.
 */
export class Table {
  constructor(columns, keyOf, sortedBy = undefined) {
    this.columns = columns;
    this.keyOf = keyOf;
    this.rows = [];
    this.sort = { column: sortedBy, down: true };
    this.trs = new Map();
    this.heads = columns.map((column, index) => {
      const button = element('button', { type: 'button', onclick: () => this.sortBy(column) }, column.label);
      return element(
        'th',
        { class: `${index === 0 ? 'first ' : ''}${classOf(column)}`, scope: 'col' },
        button,
      );
    });
    this.body = element('tbody');
    this.empty = element('p', { class: 'soft' });
    const table = element('table', {}, element('thead', {}, element('tr', {}, ...this.heads)), this.body);
    this.root = element('div', { class: 'wide' }, table, this.empty);
    this.needs = 0;
    new ResizeObserver(() => this.fit()).observe(this.root);
  }

  update(rows, emptyText = 'nothing yet') {
    this.rows = rows;
    this.emptyText = emptyText;
    this.draw();
  }

  sortBy(column) {
    this.sort = { column, down: this.sort.column === column ? !this.sort.down : column.kind === undefined };
    this.draw();
  }

  draw() {
    const { column, down } = this.sort;
    for (const [index, head] of this.heads.entries()) {
      if (this.columns[index] === column) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    const rows =
      column === undefined ? this.rows : [...this.rows].sort((a, b) => compare(column, a, b, down));
    const kept = new Map();
    for (const [index, row] of rows.entries()) {
      const key = this.keyOf(row);
      const tr =
        this.trs.get(key) ??
        element(
          'tr',
          {},
          ...this.columns.map((one) => element('td', { class: classOf(one), 'data-label': one.label })),
        );
      kept.set(key, tr);
      this.write(tr, row);
      if (this.body.children[index] !== tr) this.body.insertBefore(tr, this.body.children[index] ?? null);
    }
    for (const [key, tr] of this.trs) if (!kept.has(key)) tr.remove();
    this.trs = kept;
    setText(this.empty, rows.length === 0 ? this.emptyText : '');
    this.fit();
  }

  /** Where the columns have no room, the cells of a row stand below each other, with their labels. */
  fit() {
    const { root } = this;
    const isStacked = root.classList.contains('stacked');
    if (!isStacked) this.needs = root.scrollWidth;
    root.classList.toggle('stacked', this.needs > root.clientWidth && root.clientWidth > 0);
  }

  write(tr, row) {
    for (const [index, column] of this.columns.entries()) {
      const cell = tr.children[index];
      const content = column.get(row);
      if (!(content instanceof Node)) {
        setText(cell, content);
        if (column.kind === 'cut' && cell.title !== String(content ?? '')) cell.title = content ?? '';
        continue;
      }
      const mark = `${column.value?.(row)} ${content.textContent}`;
      if (cell.mark === mark) continue;
      cell.mark = mark;
      cell.replaceChildren(content);
    }
  }
}

/** Rows of which a text contains the filter. */
export function filtered(rows, filter, textOf) {
  const wanted = filter.trim().toLowerCase();
  return wanted === '' ? rows : rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
}

export function filterBox(label, onChange) {
  const input = element('input', { type: 'search', placeholder: label, 'aria-label': label });
  input.addEventListener('input', () => onChange(input.value));
  return input;
}

function classOf({ kind }) {
  return kind === undefined ? '' : kind === 'text' ? 'text' : `text ${kind}`;
}

function compare({ value, get }, a, b, down) {
  const [one, other] = [a, b].map((row) => (value ?? get)(row));
  const least = down ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const order =
    typeof one === 'string' || typeof other === 'string'
      ? String(one ?? '').localeCompare(String(other ?? ''), 'en', { numeric: true })
      : (one ?? least) - (other ?? least);
  return Number.isNaN(order) ? 0 : down ? -order : order;
}
