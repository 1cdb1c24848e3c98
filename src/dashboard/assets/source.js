/** Where the page has its data from: the master's dashboard, or the file itself. */

const RETRY_MS = 2_000;
const TOKEN = /^#([0-9a-f]{32})$/;

export class LiveSource {
  /** `onPage(data)`, `onBeat(ageMs)`, and `onState('live' | 'lost' | 'ended' | 'unseen' | 'locked')`. */
  constructor(listener) {
    this.listener = listener;
    this.isSaved = false;
    this.hasEnded = false;
    /** The last data of each page, for the time when no master answers. */
    this.seen = {};
    // The URL of another master at this port differs in its fragment alone, for which no browser loads a page again
    addEventListener('hashchange', () => {
      if (TOKEN.test(location.hash)) location.reload();
    });
  }

  /** Exchanges the token of the URL, which then goes away, for a session. False if there is none. */
  async enter() {
    const token = TOKEN.exec(location.hash)?.[1];
    if (token !== undefined) {
      history.replaceState(undefined, '', `${location.pathname}#overview`);
      const answer = await fetch('/session', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
      });
      return answer.ok;
    }
    return (await fetch('/api/page?page=failures')).ok;
  }

  look(query) {
    this.events?.close();
    clearTimeout(this.retry);
    if (this.hasEnded) {
      this.listener.onState(query.page in this.seen ? 'ended' : 'unseen');
      this.recall(query);
      return;
    }
    const events = new EventSource(`/api/events?${new URLSearchParams(query)}`);
    this.events = events;
    events.addEventListener('page', ({ data }) => {
      this.listener.onState('live');
      this.seen[query.page] = JSON.parse(data);
      this.listener.onPage(this.seen[query.page]);
    });
    events.addEventListener('beat', ({ data }) => this.listener.onBeat(JSON.parse(data).ageMs));
    events.addEventListener('end', () => {
      events.close();
      this.hasEnded = true;
      this.listener.onState('ended');
    });
    events.addEventListener('error', () => {
      if (events !== this.events) return;
      events.close();
      this.lose(query);
    });
  }

  recall({ page, task }) {
    const data = this.seen[page];
    if (data !== undefined)
      this.listener.onPage(data.story?.taskId === task ? data : { ...data, story: undefined });
  }

  async lose(query) {
    this.listener.onState('lost');
    this.recall(query);
    const status = await fetch('/api/page?page=failures').then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 401) return this.listener.onState('locked');
    this.retry = setTimeout(() => this.look(query), RETRY_MS);
  }

  why(id) {
    return ask(`/api/why?${new URLSearchParams({ id })}`);
  }

  tasks(query) {
    return ask(`/api/tasks?${new URLSearchParams(query)}`);
  }

  output(sid) {
    return ask(`/api/output?${new URLSearchParams({ id: sid })}`);
  }

  async control(action) {
    return (await ask('/api/control', asChange(action))).done;
  }

  profile(id) {
    return ask(`/api/profile?${new URLSearchParams({ id })}`);
  }

  takeProfile(wish) {
    return ask('/api/profile', asChange(wish));
  }
}

/** The same page afterwards, of a trail. */
export class SavedSource {
  constructor(listener, pages) {
    this.listener = listener;
    this.pages = pages;
    this.isSaved = true;
  }

  async enter() {
    return true;
  }

  look({ page, task = '' }) {
    const data = this.pages[page];
    const story = page === 'tasks' ? this.pages.stories?.find(({ taskId }) => taskId === task) : undefined;
    this.listener.onState('saved');
    this.listener.onPage({ ...data, story, has: this.pages.has });
  }
}

function asChange(body) {
  const headers = { 'Content-Type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

async function ask(url, options) {
  const answer = await fetch(url, options).catch(() => {
    throw new Error('the master does not answer');
  });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}
