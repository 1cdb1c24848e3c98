/** The page around the pages: where it is, how old its figures are, and the keys. */

import { element, setText } from './elements.js';
import { FailuresPage } from './failures.js';
import { MachinesPage } from './machines.js';
import { OutputPage } from './output.js';
import { OverviewPage } from './overview.js';
import { ProfilePage } from './profile.js';
import { SlavesPage } from './slaves.js';
import { LiveSource, SavedSource } from './source.js';
import { StreamPage } from './stream.js';
import { TasksPage } from './tasks.js';
import { ThreadsPage } from './threads.js';
import { SharedPage, TrailPage } from './trail.js';

const PAGES = {
  overview: ['Overview', OverviewPage],
  stream: ['Stream', StreamPage],
  slaves: ['Slaves', SlavesPage],
  failures: ['Failures', FailuresPage],
  tasks: ['Tasks', TasksPage],
  machines: ['Machines', MachinesPage],
  shared: ['Shared values', SharedPage],
  trail: ['Trail', TrailPage],
  profile: ['Profile', ProfilePage],
  threads: ['Threads', ThreadsPage],
  output: ['Output', OutputPage],
};

/** Pages of a live master only. */
const LIVE = ['profile', 'threads', 'output'];

/** The master says whether there is something to see. */
const OPTIONAL = ['machines', 'shared', 'threads'];

const LATE_MS = 2_000;

class App {
  constructor() {
    this.links = Object.entries(PAGES).map(([name, [label]]) => element('a', { href: `#${name}` }, label));
    this.brand = element('span', { class: 'brand' }, 'ts-mw');
    this.status = element('span', { class: 'status', role: 'status' });
    this.main = element('main');
    const nav = element('nav', { 'aria-label': 'pages' }, ...this.links);
    document.body.append(
      element('header', {}, element('div', { class: 'bar' }, this.brand, nav, this.status)),
      this.main,
    );
    const saved = document.getElementById('saved');
    const listener = {
      onPage: (data) => this.show(data),
      onBeat: (ageMs) => this.age(ageMs),
      onState: (state) => this.tell(state),
    };
    this.source =
      saved === null ? new LiveSource(listener) : new SavedSource(listener, JSON.parse(saved.textContent));
    this.query = {};
    this.optional = {};
  }

  async start() {
    this.tell('opening');
    const entered = await this.source.enter().catch(() => undefined);
    if (entered === undefined) return this.tell('lost');
    if (!entered) return this.tell('locked');
    if (this.source.isSaved) setText(this.brand, document.title);
    addEventListener('hashchange', () => this.turn());
    addEventListener('keydown', (event) => this.key(event));
    this.turn();
  }

  /** A saved page has not all, and some are there only where the program has what they show. */
  has(name) {
    if (!(name in PAGES) || (this.source.isSaved && LIVE.includes(name))) return false;
    return (this.optional[name] ?? !OPTIONAL.includes(name)) || this.name === name;
  }

  menu() {
    for (const [index, name] of Object.keys(PAGES).entries()) this.links[index].hidden = !this.has(name);
  }

  turn() {
    const [wanted = '', rest = ''] = location.hash.slice(1).split('/', 2);
    const id = decoded(rest);
    const name = wanted in PAGES && !(this.source.isSaved && LIVE.includes(wanted)) ? wanted : 'overview';
    for (const link of this.links) {
      if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (name !== this.name) {
      this.name = name;
      this.query = { page: name };
      this.isQuiet = true;
      const [label, Page] = PAGES[name];
      this.page = new Page({
        isSaved: this.source.isSaved,
        look: (query) => this.look(query),
        why: (id) => this.source.why(id),
        tasks: (query) => this.source.tasks(query),
        control: (action) => this.source.control(action),
        takeProfile: (wish) => this.source.takeProfile(wish),
        profile: (id) => this.source.profile(id),
        output: (sid) => this.source.output(sid),
      });
      this.isQuiet = false;
      this.main.replaceChildren(element('h1', {}, label), this.page.root);
      scrollTo(0, 0);
    }
    this.menu();
    if (name === 'tasks') this.page.open(/^TASK-\d{1,15}$/.test(id) ? id : '');
    else if (name === 'profile' || name === 'output') this.page.open(/^SLAVE-\d{1,15}$/.test(id) ? id : '');
    else if (name === 'slaves' && id !== '') this.page.open(id);
    else this.look({});
  }

  /** Asks for the page with these settings beside those that it has. */
  look(query) {
    this.query = { ...this.query, ...query };
    if (!this.isQuiet) this.source.look(this.query);
  }

  show(data) {
    this.page?.update(data);
    const { has = {} } = data;
    if (OPTIONAL.some((name) => has[name] !== this.optional[name])) {
      this.optional = has;
      this.menu();
    }
    const member = data.facts?.memberId;
    if (member && !this.source.isSaved) {
      setText(this.brand, `ts-mw ${member}`);
      if (document.title !== `${member} – ts-mw`) document.title = `${member} – ts-mw`;
    }
  }

  age(ageMs) {
    if (ageMs < LATE_MS) return this.say('live', '');
    this.say(`figures are ${(ageMs / 1_000).toFixed(0)} s old: the master's program is busy`, 'late');
  }

  tell(state) {
    switch (state) {
      case 'live':
        if (this.state !== 'live') this.say('live', '');
        break;
      case 'saved':
        this.say('from a trail', 'gone');
        break;
      case 'ended':
        this.say('the master has ended; these are its last figures', 'gone');
        break;
      case 'unseen':
        this.say('the master has ended, and this page was not open before', 'gone');
        break;
      case 'locked':
        this.say('locked', 'late');
        this.main.replaceChildren(
          element('p', {}, 'Open the URL that the master printed: it has the token after the #.'),
        );
        break;
      case 'lost':
        this.say('no answer; it is tried again', 'late');
        break;
      default:
        this.say('opening', 'late');
    }
    this.state = state;
  }

  say(text, kind) {
    setText(this.status, text);
    this.status.className = `status ${kind}`;
  }

  /** Digits turn pages, and / goes to the filter. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const name = /^\d$/.test(event.key) ? Object.keys(PAGES)[(Number(event.key) + 9) % 10] : undefined;
    if (name !== undefined && this.has(name)) location.hash = `#${name}`;
    else if (event.key === '/') this.main.querySelector('input')?.focus();
    else if (event.target instanceof HTMLButtonElement || !this.page?.keyed?.(event.key)) return;
    event.preventDefault();
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

void new App().start();
