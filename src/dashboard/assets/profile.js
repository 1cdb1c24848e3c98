/** Profiles of the master's main thread and of slaves', as flame graphs, and as files for other tools. */

import { element, setText } from './elements.js';
import { FlameGraph, KINDS, seconds, shortFile } from './flame.js';
import { count, percent, timeOfDay } from './format.js';
import { filterBox, Table } from './table.js';

const SECONDS = [1, 5, 10, 30];
const FUNCTIONS = [
  { label: 'function', kind: 'cut', get: ({ name }) => name },
  { label: 'itself', get: ({ selfUs }) => seconds(selfUs), value: ({ selfUs }) => selfUs },
  { label: 'of all', get: ({ share }) => percent(share), value: ({ share }) => share },
  { label: 'with calls', get: ({ totalUs }) => seconds(totalUs), value: ({ totalUs }) => totalUs },
  { label: 'file', kind: 'cut', get: ({ file }) => file },
];

export class ProfilePage {
  constructor(context) {
    this.context = context;
    this.process = element('select', { 'aria-label': 'process' });
    this.seconds = element('select', { 'aria-label': 'for' });
    this.seconds.append(...SECONDS.map((value) => element('option', { value }, `for ${value} s`)));
    this.seconds.value = '5';
    this.button = element(
      'button',
      { class: 'do', type: 'button', onclick: () => this.take() },
      'take a profile',
    );
    this.said = element('p', { role: 'status' });
    this.bar = element('progress', { max: 1, hidden: true, 'aria-label': 'of the profile' });
    this.kept = element('div', { class: 'tools' });
    this.graph = new FlameGraph();
    this.found = element('span', { class: 'soft', role: 'status' });
    this.search = filterBox('find a function or a file', (text) => {
      const share = this.graph.search(text);
      setText(this.found, text.trim() === '' ? '' : `${percent(share)} of the time`);
    });
    this.summary = element('p');
    this.file = element('a', { download: true }, 'download .cpuprofile');
    const back = element(
      'button',
      { class: 'do', type: 'button', onclick: () => this.graph.zoom(this.graph.all) },
      'whole',
    );
    const legend = KINDS.map(([kind, label]) => element('span', {}, element('i', { class: kind }), label));
    this.functions = new Table(FUNCTIONS, ({ key }) => key);
    this.shown = element(
      'div',
      { hidden: true },
      element(
        'section',
        { class: 'card' },
        this.summary,
        element('div', { class: 'tools' }, this.search, this.found, back, this.file),
        element('div', { class: 'legend flame-legend' }, ...legend),
        this.graph.root,
      ),
      element('section', { class: 'card' }, element('h2', {}, 'Functions'), this.functions.root),
    );
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, this.process, this.seconds, this.button),
      this.said,
      this.bar,
      this.kept,
      this.shown,
    );
  }

  /** A slave, if the page was asked for with one. */
  open(sid) {
    this.wanted = sid;
    this.context.look({ filter: sid });
  }

  take() {
    this.button.disabled = true;
    const wish = { process: this.process.value, seconds: Number(this.seconds.value) };
    this.context.takeProfile(wish).then(
      () => {
        this.refused = '';
      },
      (error) => {
        this.refused = error.message;
        this.button.disabled = false;
        setText(this.said, error.message);
      },
    );
  }

  update({ processes, more, underWay, fault, kept }) {
    this.choose(processes, more);
    this.button.disabled = underWay !== undefined;
    this.bar.hidden = underWay === undefined;
    if (underWay !== undefined) {
      const { process, state, share } = underWay;
      const said = { running: `taking a profile of ${process}`, fetching: `fetching it from ${process}` };
      this.refused = '';
      setText(this.said, said[state] ?? 'reading it');
      this.bar.value = share;
    } else if (this.refused) setText(this.said, this.refused);
    else setText(this.said, fault === undefined ? '' : `${fault.process} ${fault.reason}.`);
    this.list(kept);
  }

  /** While somebody chooses, the list stays as it is. */
  choose(processes, more) {
    if (document.activeElement === this.process && this.process.length > 0) return;
    const texts = processes.map(({ process, host, state, runs }) =>
      [process, host && `at ${host}`, state, runs].filter(Boolean).join(', '),
    );
    const mark = `${texts.join('\n')} ${more}`;
    if (mark === this.mark) return;
    this.mark = mark;
    const chosen = this.process.value;
    const options = processes.map(({ process }, index) =>
      element('option', { value: process }, texts[index]),
    );
    if (more > 0) {
      const others = `${count(more)} more: profile them from the page Slaves`;
      options.push(element('option', { disabled: true }, others));
    }
    this.process.replaceChildren(...options);
    const wanted = processes.find(({ process }) => process === this.wanted || process === chosen);
    const best = processes.find(({ process }) => process === this.wanted) ?? wanted;
    if (best !== undefined) this.process.value = best.process;
    if (best?.process === this.wanted) this.wanted = undefined;
  }

  list(kept) {
    const ids = kept.map(({ id }) => id).join(' ');
    if (ids === this.ids) return;
    this.ids = ids;
    this.buttons = kept.map((one) => {
      const text = `${one.process}, ${one.seconds} s at ${timeOfDay(one.atMs)}`;
      return [
        one.id,
        element('button', { class: 'do', type: 'button', onclick: () => this.show(one) }, text),
      ];
    });
    this.kept.replaceChildren(...this.buttons.map(([, button]) => button));
    if (kept.length > 0) void this.show(kept[0]);
  }

  async show({ id, process }) {
    this.shownId = id;
    for (const [one, button] of this.buttons) button.setAttribute('aria-pressed', String(one === id));
    let tree;
    try {
      tree = await this.context.profile(id);
    } catch (error) {
      this.refused = error.message;
      return;
    }
    if (this.shownId !== id) return;
    const { frames, functions, busyUs, idleUs, left, samples } = tree;
    const cut = left > 0 ? `; ${count(left)} short calls are left out` : '';
    const all = busyUs + idleUs;
    setText(
      this.summary,
      `${process} computed ${seconds(busyUs)} of ${seconds(all)} (${percent(busyUs / Math.max(1, all))}), seen in ${count(samples)} samples${cut}.`,
    );
    this.file.setAttribute('href', `/api/profile/file?${new URLSearchParams({ id })}`);
    this.shown.hidden = false;
    this.graph.show(tree);
    this.functions.update(
      functions.map(([frame, selfUs, totalUs]) => {
        const [name, file, line] = frames[frame];
        const place = shortFile(file, line);
        return { key: frame, name, file: place, selfUs, totalUs, share: selfUs / Math.max(1, busyUs) };
      }),
      'main had nothing to do',
    );
  }
}
