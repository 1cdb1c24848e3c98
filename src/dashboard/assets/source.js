/** Where the page has its data from: the master's dashboard, or the file itself. */

const RETRY_MS = 2_000;

export class LiveSource {
  /** `onPage(data)`, `onBeat(ageMs)`, and `onState('live' | 'lost' | 'ended' | 'locked')`. */
  constructor(listener) {
    this.listener = listener;
    this.isSaved = false;
  }

  /** Exchanges the token of the URL, which then goes away, for a session. False if there is none. */
  async enter() {
    const token = /^#([0-9a-f]{32})$/.exec(location.hash)?.[1];
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
    const events = new EventSource(`/api/events?${new URLSearchParams(query)}`);
    this.events = events;
    events.addEventListener('page', ({ data }) => {
      this.listener.onState('live');
      this.listener.onPage(JSON.parse(data));
    });
    events.addEventListener('beat', ({ data }) => this.listener.onBeat(JSON.parse(data).ageMs));
    events.addEventListener('end', () => {
      events.close();
      this.listener.onState('ended');
    });
    events.addEventListener('error', () => {
      if (events !== this.events) return;
      events.close();
      this.lose(query);
    });
  }

  async lose(query) {
    this.listener.onState('lost');
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
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}
