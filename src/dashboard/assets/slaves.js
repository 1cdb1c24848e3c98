/** The slaves. */

import { bit, element, setText, tag } from './elements.js';
import { bytes, clock, count, percent, plural, short } from './format.js';
import { filterBox, Table } from './table.js';

const here = ({ state }) => !['lost', 'left', 'shut-down', 'master-ended'].includes(state);

/** A slave that ended runs nothing, and one that does well has no evidence. */
const joined = (...texts) => texts.filter((text) => text !== '').join('; ');

const COLUMNS = [
  { label: 'slave', kind: 'text', get: ({ sid }) => sid },
  { label: 'state', kind: 'text', get: ({ state }) => tag(state), value: ({ state }) => state },
  { label: 'machine', kind: 'cut', get: ({ host, pid }) => (pid === 0 ? host : `${host}:${pid}`) },
  { label: 'busy', get: ({ busy }) => bit(busy, percent(busy)), value: ({ busy }) => busy },
  { label: 'results', get: ({ results }) => count(results), value: ({ results }) => results },
  { label: 'has', get: ({ tasks }) => count(tasks), value: ({ tasks }) => tasks },
  { label: 'runs, or evidence', kind: 'wrapped', get: ({ runs, note }) => joined(runs, note) },
  { label: 'for', get: ({ runSeconds }) => short(runSeconds), value: ({ runSeconds }) => runSeconds },
  {
    label: 'processor',
    get: ({ processorShare }) => percent(processorShare),
    value: ({ processorShare }) => processorShare,
  },
  { label: 'memory', get: ({ memoryBytes }) => bytes(memoryBytes), value: ({ memoryBytes }) => memoryBytes },
  {
    label: 'beat',
    get: ({ beatSeconds }) => (beatSeconds === undefined ? '' : `${beatSeconds.toFixed(0)} s ago`),
    value: ({ beatSeconds }) => beatSeconds,
  },
  { label: 'here for', get: ({ seconds }) => clock(seconds), value: ({ seconds }) => seconds },
  {
    label: 'group',
    kind: 'text',
    get: ({ kind, places }) =>
      joined(kind === 'unordered' ? '' : kind, places > 1 ? `${places} at once` : ''),
  },
];

const textOf = (row) => `${row.sid} ${row.host}:${row.pid} ${row.state} ${row.kind} ${row.note} ${row.runs}`;

/** A sid stands for itself alone; everything else is a part of any text of a row. */
function fits(row, filter) {
  const wanted = filter.trim().toLowerCase();
  if (/^slave-\d+$/.test(wanted)) return row.sid.toLowerCase() === wanted;
  return textOf(row).toLowerCase().includes(wanted);
}

export class SlavesPage {
  constructor(context) {
    this.context = context;
    this.filter = '';
    this.shown = element('span', { class: 'soft' });
    this.said = element('p', { class: 'soft', role: 'status' });
    this.box = filterBox('a slave, machine, state, algorithm, evidence', (filter) => {
      this.filter = filter;
      context.look({ filter });
      if (this.data !== undefined) this.update(this.data);
    });
    this.add = element(
      'button',
      { class: 'do', type: 'button', onclick: () => this.control({ do: 'add-slave' }) },
      'add a local slave',
    );
    this.tools = element('div', { class: 'tools' }, this.box, this.shown);
    const why = { label: 'ask', kind: 'text', get: (row) => this.buttons(row), value: (row) => row.state };
    const [sid, state, ...others] = COLUMNS;
    this.table = new Table(
      context.isSaved ? COLUMNS : [sid, state, why, ...others],
      ({ sid, joinedMs }) => `${sid} ${joinedMs}`,
    );
    this.root = element(
      'div',
      {},
      this.tools,
      this.said,
      element('section', { class: 'card' }, this.table.root),
    );
  }

  /** The page shows the slaves that fit this filter. */
  open(filter) {
    this.filter = filter;
    this.box.value = filter;
    this.context.look({ filter });
    if (this.data !== undefined) this.update(this.data);
  }

  buttons({ sid, state }) {
    if (!here({ state })) return '';
    const buttons = element('span');
    const ask = (action, label) =>
      element('button', { class: 'link', type: 'button', onclick: action }, label);
    buttons.append(
      ask(() => this.why(sid), 'why?'),
      ' ',
      element('a', { href: `#profile/${sid}` }, 'profile'),
      ' ',
      element('a', { href: `#output/${sid}` }, 'output'),
    );
    if (this.data?.control) {
      if (state === 'idle' || state === 'busy')
        buttons.append(
          ' ',
          ask(() => this.control({ do: 'drain-slave', sid }), 'drain'),
        );
      buttons.append(
        ' ',
        ask(() => this.control({ do: 'stop-slave', sid }), 'stop'),
      );
    }
    return buttons;
  }

  why(sid) {
    this.context.why(sid).then(
      ({ lines }) => setText(this.said, lines.join(' ')),
      (error) => setText(this.said, error.message),
    );
  }

  control(action) {
    this.context.control(action).then(
      (done) => setText(this.said, done),
      (error) => setText(this.said, error.message),
    );
  }

  update(data) {
    this.data = data;
    if (data.control && !this.add.isConnected) this.tools.append(this.add);
    const rows = data.rows.filter((row) => fits(row, this.filter));
    const cut =
      data.found > data.rows.length
        ? `, the first ${count(data.rows.length)} are here: trouble comes first`
        : '';
    setText(this.shown, `${count(data.found)} of ${plural(data.all, 'session', 'sessions')}${cut}`);
    this.table.update(rows, data.all === 0 ? 'no slave has joined yet' : 'none fits the filter');
  }
}
