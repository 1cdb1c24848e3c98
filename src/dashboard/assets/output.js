/** The lines that one slave printed last. They are asked for while the page is open, and only of that slave. */

import { element, setText } from './elements.js';
import { count, plural, timeOfDay } from './format.js';

const ASK_EVERY_MS = 1_000;

export class OutputPage {
  constructor(context) {
    this.context = context;
    this.wanted = '';
    this.askedAt = Number.NEGATIVE_INFINITY;
    this.slave = element('select', { 'aria-label': 'slave', onchange: () => this.choose() });
    this.note = element('p', { class: 'soft', role: 'status' });
    this.lines = element('ul', { class: 'log' });
    this.root = element(
      'div',
      {},
      element('div', { class: 'tools' }, this.slave),
      this.note,
      element('section', { class: 'card' }, this.lines),
    );
  }

  /** A slave, if the page was asked for with one. */
  open(sid) {
    this.wanted = sid;
    this.context.look({ filter: sid });
    this.turnTo(sid);
  }

  choose() {
    location.hash = `#output/${this.slave.value}`;
  }

  turnTo(sid) {
    this.sid = sid;
    this.mark = undefined;
    this.lines.replaceChildren();
    setText(this.note, '');
    this.askedAt = Number.NEGATIVE_INFINITY;
  }

  update({ slaves, more }) {
    this.list(slaves, more);
    if (!this.sid && slaves.length > 0) this.turnTo(slaves[0].sid);
    if (!this.sid) return setText(this.note, 'No slave has joined yet.');
    const now = performance.now();
    if (this.isAsking || now - this.askedAt < ASK_EVERY_MS) return;
    this.askedAt = now;
    this.ask(this.sid);
  }

  async ask(sid) {
    this.isAsking = true;
    const answer = await this.context.output(sid).catch(({ message }) => ({ note: message }));
    this.isAsking = false;
    if (sid === this.sid) this.show(answer);
  }

  /** While somebody chooses, the list stays as it is. */
  list(slaves, more) {
    if (document.activeElement === this.slave && this.slave.length > 0) return;
    const mark = JSON.stringify([slaves, more, this.sid]);
    if (mark === this.listed) return;
    this.listed = mark;
    const options = slaves.map(({ sid, host, state }) =>
      element('option', { value: sid, selected: sid === this.sid }, `${sid}, ${host}, ${state}`),
    );
    const others = plural(more, 'more slave', 'more slaves');
    const rest =
      more > 0 ? [element('option', { disabled: true }, `and ${others}: open #output/SLAVE-n`)] : [];
    this.slave.replaceChildren(...options, ...rest);
  }

  /** Written again only if it has changed, so that what somebody marks stays. */
  show({ lines, leftOut = 0, note }) {
    setText(
      this.note,
      leftOut > 0 ? `${note} ${plural(leftOut, 'line', 'lines')} before these, or left out.` : note,
    );
    if (lines === undefined) return;
    const mark = `${count(leftOut)} ${lines.length} ${lines.at(-1)?.atMs}`;
    if (mark === this.mark) return;
    this.mark = mark;
    this.lines.replaceChildren(
      ...lines.map(({ atMs, stream, text }) =>
        element(
          'li',
          {},
          element('time', {}, stream === 'stderr' ? `${timeOfDay(atMs)} stderr` : timeOfDay(atMs)),
          text,
        ),
      ),
    );
  }
}
