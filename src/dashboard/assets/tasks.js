/** Tasks: a search, those that something happened to, and the whole story of one. */

import { element, setText, tag } from './elements.js';
import { bytes, count, dayAndTime, plural } from './format.js';
import { filterBox, filtered, Table } from './table.js';

const STATES = ['', 'queued', 'running', 'waiting', 'blocked', 'stored', 'ended'];
const ASK_AFTER_MS = 300;
const link = ({ taskId }) => element('a', { href: `#tasks/${taskId}` }, taskId);
const idOf = ({ taskId }) => taskId;
const titleOf = (state) =>
  state === 'ended' ? 'The last tasks that ended, the newest first' : 'Tasks without a fate';

export class TasksPage {
  constructor(context) {
    this.context = context;
    this.filter = '';
    this.box = filterBox('TASK-17, an algorithm, a tag, a state', (filter) => {
      this.filter = filter;
      context.look({ filter });
      this.search();
    });
    this.box.addEventListener('keydown', ({ key }) => {
      const id = /^(?:task-)?(\d{1,15})$/i.exec(this.box.value.trim())?.[1];
      if (key === 'Enter' && id !== undefined) location.hash = `#tasks/TASK-${id}`;
    });
    this.state = element('select', { 'aria-label': 'state', onchange: () => this.search() });
    this.state.append(
      ...STATES.map((state) => element('option', { value: state }, state === '' ? 'any state' : state)),
    );
    const again = element(
      'button',
      { class: 'do', type: 'button', onclick: () => this.search() },
      'look again',
    );
    this.story = element('section', { class: 'card', hidden: true, 'aria-live': 'polite' });
    this.found = new Table(
      [
        { label: 'task', kind: 'text', get: link, value: idOf },
        { label: 'state', kind: 'text', get: ({ state }) => tag(state), value: ({ state }) => state },
        { label: 'algorithm', kind: 'cut', get: ({ algorithm }) => algorithm },
        { label: 'tag', kind: 'cut', get: ({ tag }) => tag },
        { label: 'on', kind: 'text', get: ({ sid }) => sid },
        { label: 'run', get: ({ attempt }) => count(attempt), value: ({ attempt }) => attempt },
        { label: 'arguments', get: (row) => bytes(row.bytes), value: (row) => row.bytes },
        { label: 'values', kind: 'cut', get: ({ values }) => values ?? '' },
      ],
      idOf,
    );
    this.foundTitle = element('h2', {}, titleOf(''));
    this.foundNote = element('p', { class: 'soft' });
    this.special = new Table(
      [
        { label: 'task', kind: 'text', get: link, value: idOf },
        { label: 'last', kind: 'text', get: ({ state }) => tag(state), value: ({ state }) => state },
        { label: 'algorithm', kind: 'cut', get: ({ algorithm }) => algorithm },
        { label: 'at', get: ({ lastMs }) => dayAndTime(lastMs), value: ({ lastMs }) => lastMs },
      ],
      idOf,
    );
    this.specialNote = element('p', { class: 'soft' });
    const search = context.isSaved
      ? []
      : [element('section', { class: 'card high' }, this.foundTitle, this.found.root, this.foundNote)];
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, this.box, ...(context.isSaved ? [] : [this.state, again])),
      this.story,
      element(
        'section',
        { class: 'card high' },
        element('h2', {}, 'Tasks with errors, repeated runs, lost slaves or cancellations'),
        this.special.root,
        this.specialNote,
      ),
      ...search,
    );
    this.search();
  }

  /** The page shows one task's story, or none. */
  open(taskId) {
    this.taskId = taskId;
    this.answer = undefined;
    this.story.hidden = taskId === '';
    this.context.look({ task: taskId, filter: this.filter });
    this.tellStory(undefined);
    if (taskId !== '') this.ask();
  }

  ask() {
    const { taskId } = this;
    if (this.context.isSaved) return;
    this.context.why(taskId).then(
      (answer) => this.answered(taskId, answer),
      (error) => this.answered(taskId, { lines: [error.message] }),
    );
  }

  answered(taskId, answer) {
    if (taskId !== this.taskId) return;
    this.answer = answer;
    this.tellStory(this.data?.story);
  }

  cancel(kill) {
    const { taskId } = this;
    this.context.control({ do: 'cancel', taskId, kill }).then(
      (done) => this.answered(taskId, { lines: [done] }),
      (error) => this.answered(taskId, { lines: [error.message] }),
    );
  }

  search() {
    clearTimeout(this.timer);
    if (this.context.isSaved) {
      if (this.data !== undefined) this.update(this.data);
      return;
    }
    this.timer = setTimeout(() => {
      const filter = this.filter.trim();
      const state = this.state.value;
      setText(this.foundTitle, titleOf(state));
      this.context.tasks({ state, text: filter }).then(
        ({ tasks, more }) => {
          this.found.update(tasks, 'none fits');
          setText(
            this.foundNote,
            more > 0
              ? `and ${plural(more, 'more task', 'more tasks')}, which may fit or not; search for less`
              : '',
          );
        },
        (error) => this.found.update([], error.message),
      );
    }, ASK_AFTER_MS);
  }

  update(data) {
    this.data = data;
    const textOf = ({ taskId, algorithm, state }) => `${taskId} ${algorithm} ${state}`;
    const rows = filtered(data.stories, this.filter, textOf);
    this.special.update(rows, 'none');
    setText(
      this.specialNote,
      data.found > data.stories.length
        ? `The newest ${count(data.stories.length)} of ${count(data.found)}.`
        : '',
    );
    if (this.taskId) this.tellStory(data.story);
  }

  tellStory(story) {
    const { taskId, answer } = this;
    // Only a task without a fate is described
    const mayCancel = this.data?.control && answer?.task !== undefined;
    const mark = JSON.stringify([taskId, answer, story, mayCancel]);
    if (mark === this.mark) return;
    this.mark = mark;
    const task = answer?.task;
    const facts = task
      ? [
          element('dt', {}, 'arguments'),
          element('dd', {}, task.values ?? bytes(task.bytes)),
          ...(task.tag ? [element('dt', {}, 'tag'), element('dd', {}, task.tag)] : []),
        ]
      : [];
    const act = (label, action) => element('button', { class: 'do', type: 'button', onclick: action }, label);
    const lines = (story?.lines ?? []).map(({ atMs, text }) =>
      element('li', {}, element('time', {}, dayAndTime(atMs)), text),
    );
    this.story.replaceChildren(
      element('h2', {}, taskId ?? ''),
      element('pre', {}, answer?.lines.join('\n') ?? ''),
      element('dl', {}, ...facts),
      element('ul', { class: 'log' }, ...lines),
      element(
        'div',
        { class: 'tools' },
        ...(this.context.isSaved ? [] : [act('ask again', () => this.ask())]),
        ...(mayCancel ? [act('cancel', () => this.cancel(false)), act('kill', () => this.cancel(true))] : []),
        element('a', { href: '#tasks' }, 'close'),
      ),
    );
  }
}
