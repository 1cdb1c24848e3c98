/**
 * A flame graph: each call is a bar as wide as its time, above those that it made. A click, or Enter, makes a call as wide
 * as the page; the arrow keys walk, Escape goes back. Bars that would be narrower than a pixel are left out.
 */

import { drawn, element, setText } from './elements.js';
import { percent, plural, short } from './format.js';

const ROW = 19;
const LETTER = 6.7;
const NARROWEST = 1;
const [DEPTH, FRAME, SELF, TOTAL] = [0, 1, 2, 3];

export const KINDS = [
  ['program', 'the program'],
  ['package', 'packages'],
  ['node', 'Node.js'],
  ['native', 'V8 and native code'],
];

export function seconds(us) {
  return us === 0 ? '0 s' : short(us / 1e6);
}

/** The end of a path, which is what tells files apart. */
export function shortFile(file, line) {
  if (file === '') return '';
  const parts = file.split(/[/\\]/);
  return `${parts.slice(-2).join('/')}${line > 0 ? `:${line}` : ''}`;
}

export class FlameGraph {
  constructor() {
    this.svg = drawn('svg', { class: 'flame', role: 'tree', tabindex: '0', 'aria-label': 'flame graph' });
    this.caption = element('p', { class: 'caption', role: 'status' });
    this.frame = element('div', { class: 'flames' }, this.svg);
    this.root = element('div', {}, this.caption, this.frame);
    this.svg.addEventListener('keydown', (event) => this.key(event));
    this.svg.addEventListener('pointerleave', () => this.say(this.marked));
    new ResizeObserver(() => this.draw()).observe(this.frame);
    this.wanted = '';
  }

  /** A tree as `/api/profile` has it. */
  show({ frames, calls, busyUs }) {
    const all = { frame: undefined, depth: -1, fromUs: 0, totalUs: busyUs, selfUs: 0, inside: [], index: -1 };
    const open = [all];
    for (const [index, call] of calls.entries()) {
      while (open.at(-1).depth >= call[DEPTH]) open.pop();
      const outer = open.at(-1);
      const last = outer.inside.at(-1);
      const bar = {
        index,
        outer,
        frame: frames[call[FRAME]],
        depth: call[DEPTH],
        selfUs: call[SELF],
        totalUs: call[TOTAL],
        fromUs: last === undefined ? outer.fromUs : last.fromUs + last.totalUs,
        inside: [],
      };
      outer.inside.push(bar);
      open.push(bar);
    }
    this.all = all;
    this.zoomed = all;
    this.marked = all.inside[0];
    this.search(this.wanted);
  }

  /** Returns the share of the time in functions that match. */
  search(text) {
    this.wanted = text.trim().toLowerCase();
    let foundUs = 0;
    const visit = (bar, isInside) => {
      bar.isFound =
        this.wanted !== '' &&
        bar.frame !== undefined &&
        `${bar.frame[0]} ${bar.frame[1]}`.toLowerCase().includes(this.wanted);
      if (bar.isFound && !isInside) foundUs += bar.totalUs;
      for (const inner of bar.inside) visit(inner, isInside || bar.isFound);
    };
    if (this.all === undefined) return 0;
    visit(this.all, false);
    this.draw();
    return foundUs / Math.max(1, this.all.totalUs);
  }

  zoom(bar) {
    this.zoomed = bar;
    if (!this.isInside(this.marked, bar)) this.marked = bar === this.all ? bar.inside[0] : bar;
    this.draw();
  }

  draw() {
    const width = this.frame.clientWidth;
    if (this.all === undefined || width === 0) return;
    const scale = width / Math.max(1, this.zoomed.totalUs);
    const bars = [];
    let deepest = 0;
    let narrow = 0;
    const descend = (bar) => {
      for (const inner of bar.inside) {
        const wide = inner.totalUs * scale;
        if (wide < NARROWEST) {
          narrow++;
          continue;
        }
        bars.push(this.bar(inner, (inner.fromUs - this.zoomed.fromUs) * scale, wide));
        deepest = Math.max(deepest, inner.depth);
        descend(inner);
      }
    };
    for (let outer = this.zoomed; outer.frame !== undefined; outer = outer.outer) {
      bars.unshift(this.bar(outer, 0, width));
      deepest = Math.max(deepest, outer.depth);
    }
    descend(this.zoomed);
    this.svg.setAttribute('height', (deepest + 1) * ROW);
    this.svg.classList.toggle('searched', this.wanted !== '');
    this.svg.replaceChildren(...bars);
    this.narrow = narrow;
    this.mark(this.marked);
  }

  bar(bar, x, width) {
    const [name, , , kind] = bar.frame;
    const y = bar.depth * ROW;
    const letters = Math.floor((width - 6) / LETTER);
    const text = letters < 3 ? '' : name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
    return drawn(
      'g',
      {
        id: `call-${bar.index}`,
        role: 'treeitem',
        class: `${kind}${bar.isFound ? ' found' : ''}`,
        'aria-label': this.text(bar),
        'aria-level': String(bar.depth + 1),
        onclick: () => {
          this.marked = bar;
          this.zoom(bar === this.zoomed ? bar.outer : bar);
        },
        onpointerenter: () => this.say(bar),
      },
      drawn('rect', { x, y, width: Math.max(1, width - 0.6), height: ROW - 1, rx: 2 }),
      text === '' ? undefined : drawn('text', { x: x + 4, y: y + 13 }, text),
    );
  }

  mark(bar) {
    this.svg.querySelector('.marked')?.classList.remove('marked');
    this.marked = bar;
    this.say(bar);
    const group = bar && this.svg.querySelector(`#call-${bar.index}`);
    if (!group) return this.svg.removeAttribute('aria-activedescendant');
    group.classList.add('marked');
    this.svg.setAttribute('aria-activedescendant', group.id);
    const top = bar.depth * ROW;
    const { scrollTop, clientHeight } = this.frame;
    if (top < scrollTop || top + ROW > scrollTop + clientHeight) this.frame.scrollTop = top - ROW;
  }

  say(bar) {
    const narrow = this.narrow > 0 ? ` ${plural(this.narrow, 'narrow call', 'narrow calls')} not drawn.` : '';
    setText(this.caption, `${bar === undefined ? 'main had nothing to do' : this.text(bar)}.${narrow}`);
  }

  text({ frame, selfUs, totalUs }) {
    const [name, file, line] = frame;
    const place = shortFile(file, line);
    const share = percent(totalUs / Math.max(1, this.all.totalUs));
    return `${name}${place === '' ? '' : `, ${place}`}: ${seconds(totalUs)}, ${share}; itself ${seconds(selfUs)}`;
  }

  key(event) {
    const { marked } = this;
    if (marked === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const beside = marked.outer.inside;
    const at = beside.indexOf(marked);
    const moves = {
      ArrowDown: () => marked.inside[0],
      ArrowUp: () => (marked.outer === this.all ? undefined : marked.outer),
      ArrowLeft: () => beside[at - 1],
      ArrowRight: () => beside[at + 1],
    };
    if (event.key in moves) {
      const next = moves[event.key]();
      if (next !== undefined && !this.isInside(next, this.zoomed) && !this.isInside(this.zoomed, next)) {
        this.zoomed = this.all;
        this.marked = next;
        this.draw();
      } else if (next !== undefined) this.mark(next);
    } else if (event.key === 'Enter' || event.key === ' ') this.zoom(marked);
    else if (event.key === 'Escape') this.zoom(this.all);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  isInside(bar, outer) {
    for (let one = bar; one !== undefined; one = one.outer) if (one === outer) return true;
    return false;
  }
}
