/** Failures of tasks in groups, and the losses of slaves. */

import { sparkBars } from './charts.js';
import { element, setText, tag } from './elements.js';
import { count, dayAndTime, plural } from './format.js';
import { Table } from './table.js';

export class FailuresPage {
  constructor(context) {
    this.context = context;
    this.untold = element('p', { class: 'soft' });
    this.sum = element('p', { class: 'headline' });
    this.said = element('p', { class: 'soft', role: 'status' });
    this.groups = this.makeGroups([]);
    this.card = element(
      'section',
      { class: 'card' },
      element('h2', {}, 'Failures of tasks'),
      this.groups.root,
      this.untold,
    );
    const pair = (label) => [
      { label: 'times', get: ([, times]) => count(times), value: ([, times]) => times },
      { label, kind: 'long', get: ([name]) => name },
    ];
    this.losses = new Table(pair('slaves were lost because'), ([name]) => name);
    this.reasons = new Table(pair('tasks were unrunnable because'), ([name]) => name);
    this.root = element(
      'div',
      {},
      this.sum,
      this.said,
      this.card,
      element('section', { class: 'card' }, element('h2', {}, 'Unrunnable tasks'), this.reasons.root),
      element('section', { class: 'card' }, element('h2', {}, 'Lost slaves'), this.losses.root),
    );
  }

  /** Groups of failures; `more` are columns after their kind. */
  makeGroups(more) {
    return new Table(
      [
        { label: 'times', get: (row) => count(row.count), value: (row) => row.count },
        { label: 'kind', kind: 'text', get: ({ kind }) => tag(kind), value: ({ kind }) => kind },
        ...more,
        { label: 'algorithm', kind: 'cut', get: ({ algorithm }) => algorithm },
        { label: 'error', kind: 'cut', get: ({ errorClass }) => errorClass },
        { label: 'in', kind: 'cut', get: ({ frame }) => frame },
        {
          label: 'by minute',
          get: ({ minutes }) => sparkBars(minutes),
          value: ({ minutes }) => JSON.stringify(minutes),
        },
        {
          label: 'first, last',
          get: ({ firstMs, lastMs }) =>
            element('span', {}, ...[firstMs, lastMs].map((ms) => element('div', {}, dayAndTime(ms)))),
          value: ({ lastMs }) => lastMs,
        },
        {
          label: 'examples',
          kind: 'long',
          get: (row) => this.examples(row),
          value: ({ examples }) => examples.length,
        },
      ],
      ({ kind, algorithm, errorClass, frame }) => JSON.stringify([kind, algorithm, errorClass, frame]),
    );
  }

  examples({ examples }) {
    const list = element('div');
    for (const { taskId, sid, text } of examples) {
      const where = sid === undefined || sid === null ? '' : ` on ${sid}`;
      const name = taskId ? element('a', { href: `#tasks/${taskId}` }, taskId) : '';
      list.append(element('div', {}, name, `${where}${taskId ? ': ' : ''}${text}`));
    }
    return list;
  }

  /** A run that is repeated has a task that goes on, and what is beyond the limit of groups is no group. */
  again({ kind, algorithm, errorClass, frame }) {
    if (kind === 'run again' || algorithm === '') return element('span');
    const group = { kind, algorithm, errorClass, frame };
    const onclick = () => this.resubmit(group);
    return element('button', { class: 'link', type: 'button', onclick }, 'submit again');
  }

  resubmit(group) {
    this.context.control({ do: 'resubmit', group }).then(
      (done) => setText(this.said, done),
      (error) => setText(this.said, error.message),
    );
  }

  /** Whether the page may change anything comes with its data. */
  showControl() {
    const { root } = this.groups;
    const value = ({ count }) => count;
    this.groups = this.makeGroups([{ label: 'do', kind: 'text', get: (row) => this.again(row), value }]);
    root.replaceWith(this.groups.root);
    this.hasControl = true;
  }

  update({ control, groups, untold, failed, reclaimed, retried, unrunnable, losses }) {
    if (control && !this.hasControl && !this.context.isSaved) this.showControl();
    const parts = [plural(failed, 'task failed', 'tasks failed')];
    if (retried > 0) parts.push(`${plural(retried, 'run was', 'runs were')} repeated`);
    if (reclaimed > 0)
      parts.push(`${plural(reclaimed, 'task was', 'tasks were')} taken back from lost slaves`);
    setText(this.sum, parts.join('; '));
    const more = untold.map(([name, number]) => `${count(number)} of ${name}`);
    setText(this.untold, more.length === 0 ? '' : `Errors that are not told apart yet: ${more.join(', ')}.`);
    this.groups.update(groups, 'no task has failed');
    this.reasons.update(unrunnable, 'none');
    this.losses.update(losses, 'none');
  }
}
