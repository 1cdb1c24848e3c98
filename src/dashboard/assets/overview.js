/** The first page: progress, numbers, charts, algorithms. */

import { TimeChart } from './charts.js';
import { bit, element, setText, setWidth, tile } from './elements.js';
import { bytes, clock, count, dayAndTime, percent, plural, rate, short } from './format.js';
import { Table } from './table.js';

const settled = ({ ok, failed }) => ok + failed;
const shareOf = (row) => (row.submitted === 0 ? 0 : settled(row) / row.submitted);

/** Nothing has run yet if it is 0. */
const timeOf = (micros) => (micros === 0 ? '' : short(micros / 1e6));

const COLUMNS = [
  { label: 'algorithm', kind: 'cut', get: ({ name }) => name },
  { label: 'done', get: (row) => bit(shareOf(row), percent(shareOf(row))), value: shareOf },
  { label: 'settled', get: (row) => count(settled(row)), value: settled },
  { label: 'submitted', get: (row) => count(row.submitted), value: (row) => row.submitted },
  { label: 'failed', get: (row) => (row.failed === 0 ? '' : count(row.failed)), value: (row) => row.failed },
  { label: 'median', get: (row) => timeOf(row.median), value: (row) => row.median },
  { label: '99 %', get: (row) => timeOf(row.percentile99), value: (row) => row.percentile99 },
  {
    label: 'in all',
    get: (row) => (row.seconds === 0 ? '' : short(row.seconds)),
    value: (row) => row.seconds,
  },
];

const TILES = {
  rate: 'tasks per second',
  busy: 'slaves busy',
  queued: 'queued',
  running: 'at slaves',
  untaken: 'fates untaken',
  failed: 'failed',
  elapsed: 'elapsed',
  left: 'left',
  memory: 'memory of the master',
  processor: 'processor of the master',
};

export class OverviewPage {
  constructor(context) {
    this.warnings = element('ul', { class: 'warnings', 'aria-label': 'warnings' });
    this.headline = element('div', { class: 'headline' });
    this.done = element('i');
    this.failed = element('i', { class: 'failed' });
    this.tiles = Object.fromEntries(Object.entries(TILES).map(([name, label]) => [name, tile(label)]));
    this.rate = new TimeChart('Tasks per second', ['settled', 'failed'], (value) =>
      rate(value).replace('/s', ''),
    );
    this.busy = new TimeChart('Busy slaves', ['busy'], percent, 1);
    this.queue = new TimeChart('Queued tasks', ['queued'], (value) => count(Math.round(value)));
    this.slaves = new TimeChart('Slaves', ['slaves'], (value) => count(Number(value.toPrecision(3))));
    this.table = new Table(COLUMNS, ({ name }) => name);
    this.more = element('p', { class: 'soft' });
    this.facts = element('dl');
    this.root = element(
      'div',
      {},
      this.warnings,
      element(
        'section',
        { class: 'card' },
        this.headline,
        element('div', { class: 'progress', role: 'presentation' }, this.done, this.failed),
      ),
      element(
        'div',
        { class: context.isSaved ? 'tiles saved' : 'tiles' },
        ...Object.values(this.tiles).map(({ root }) => root),
      ),
      element('div', { class: 'grid' }, this.rate.root, this.busy.root, this.queue.root),
      element('section', { class: 'card' }, element('h2', {}, 'Algorithms'), this.table.root, this.more),
      element('section', { class: 'card' }, element('h2', {}, 'This master'), this.facts),
    );
  }

  update(data) {
    const { done, submitted, total, failed, figures, slaves, history, facts } = data;
    this.tellWarnings(data.warnings);
    const known = total ?? submitted;
    const share = known === 0 ? 0 : done / known;
    const ofAll =
      total === undefined
        ? `${count(done)} done so far`
        : `${count(done)} of ${count(total)} tasks, ${percent(share)}`;
    setText(
      this.headline,
      submitted === 0 ? 'No task yet' : facts.isFinished ? `${ofAll}; the master has ended` : ofAll,
    );
    setWidth(this.done, known === 0 ? 0 : (done - failed) / known);
    setWidth(this.failed, known === 0 ? 0 : failed / known);
    const all = Object.values(slaves).reduce((sum, one) => sum + one, 0);
    const states = Object.entries(slaves).filter(([, number]) => number > 0);
    this.tiles.rate.set(rate(data.perSecond ?? undefined));
    this.tiles.busy.set(
      all === 0 ? '0' : `${count(slaves.busy)} of ${count(all)}`,
      states.map(([state, number]) => `${number} ${state}`).join(', '),
    );
    this.tiles.queued.set(count(figures?.queued));
    this.tiles.running.set(count(figures?.running));
    this.tiles.untaken.set(count(figures?.untaken));
    this.tiles.failed.set(count(failed));
    this.tiles.elapsed.set(clock(data.elapsedSeconds));
    this.tiles.left.set(facts.isFinished ? '' : clock(data.remainingSeconds));
    this.tiles.memory.set(bytes(data.memoryBytes));
    this.tiles.processor.set(percent(data.processorShare));
    const { fromMs, rowMs } = history;
    this.rate.update(fromMs, rowMs, [history.settled, history.failed]);
    this.busy.update(fromMs, rowMs, [history.busy]);
    if (figures === undefined || figures === null) {
      if (this.queue.root.isConnected) this.queue.root.replaceWith(this.slaves.root);
      this.slaves.update(fromMs, rowMs, [history.slaves]);
    } else this.queue.update(fromMs, rowMs, [history.queued]);
    this.table.update(data.algorithms, 'no task was submitted yet');
    setText(
      this.more,
      data.moreAlgorithms > 0
        ? `and ${plural(data.moreAlgorithms, 'more algorithm', 'more algorithms')}`
        : '',
    );
    this.tellFacts(data);
  }

  tellWarnings(warnings) {
    const text = JSON.stringify(warnings);
    if (text === this.told) return;
    this.told = text;
    this.warnings.replaceChildren(
      ...warnings.map(({ level, text, page }) =>
        element('li', { class: level }, page === '' ? text : element('a', { href: `#${page}` }, text)),
      ),
    );
  }

  tellFacts({ facts, places, cores, figures }) {
    const rows = {
      member: facts.memberId,
      address: facts.address,
      version: facts.version,
      broker: facts.broker,
      checkpoint: facts.checkpoint,
      'tasks at once': count(places),
      'cores of slaves': cores === 0 ? '' : cores.toFixed(1),
      'sent, received': figures ? `${bytes(figures.sentBytes)}, ${bytes(figures.receivedBytes)}` : '',
      'last news': dayAndTime(facts.atMs),
      'to add a slave': facts.isFinished ? '' : facts.joinCommand,
    };
    const shown = Object.entries(rows).filter(([, value]) => value !== '');
    if (this.facts.children.length !== 2 * shown.length)
      this.facts.replaceChildren(...shown.flatMap(([name]) => [element('dt', {}, name), element('dd')]));
    for (const [index, [, value]] of shown.entries()) setText(this.facts.children[2 * index + 1], value);
  }
}
