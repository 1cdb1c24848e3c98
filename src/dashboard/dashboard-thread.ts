/** The dashboard's side of its messages: takes deltas and answers, sends questions, and ticks while somebody looks. */

import { DashboardServer } from './http/dashboard-server.js';
import type { OrderRefusal } from './http/profile-requests.js';
import { Refusals } from './http/refusals.js';
import { Viewers } from './http/viewers.js';
import { type Listener, openListener } from './listener/listener.js';
import { namesOf } from './listener/own-hosts.js';
import type { AnswerTable, DashboardSettings, FromDashboard, Question, ToDashboard } from './messages.js';
import { DashboardModel } from './model/dashboard-model.js';
import { optionalPages } from './pages/optional-pages.js';
import { PAGES_OF_SLAVES, parsePageQuery, renderPage } from './pages/render-page.js';
import { ProfileDesk, type ProfileWish } from './profile/profile-desk.js';
import { Questions } from './questions.js';

/** The limits of a dashboard; tests have others. */
export interface DashboardLimits {
  readonly viewers: number;
  readonly connections: number;
  readonly tickMs: number;
  readonly dropAfterMs: number;
  readonly slowMs: number;
  readonly answerWithinMs: number;
}

export const LIMITS: DashboardLimits = {
  viewers: 16,
  connections: 64,
  tickMs: 250,
  dropAfterMs: 10_000,
  slowMs: 500,
  answerWithinMs: 5_000,
};

const TELL_REFUSALS_MS = 1_000;
/** After this time without a delta, main is said to be busy. */
const LATE_MS = 2_000;

export class DashboardThread {
  readonly #settings: DashboardSettings;
  readonly #post: (message: FromDashboard) => void;
  readonly #limits: DashboardLimits;
  readonly #model = new DashboardModel();
  readonly #refusals = new Refusals();
  readonly #questions: Questions;
  readonly #profiles = new ProfileDesk(() => Date.now());
  readonly #viewers: Viewers;
  #listener: Listener | undefined;
  #ticks: NodeJS.Timeout | undefined;
  readonly #telling: NodeJS.Timeout;
  #heardAt = performance.now();
  #isOver = false;
  #looked = '';

  constructor(settings: DashboardSettings, post: (message: FromDashboard) => void, limits = LIMITS) {
    this.#settings = settings;
    this.#post = post;
    this.#limits = limits;
    this.#questions = new Questions(
      (id, question) => post({ type: 'question', id, question }),
      limits.answerWithinMs,
    );
    this.#viewers = new Viewers({
      render: (query) => this.#render(query) ?? '',
      age: () => this.#ageMs(),
      now: () => performance.now(),
      most: limits.viewers,
      tickMs: limits.tickMs,
      dropAfterMs: limits.dropAfterMs,
      onChanged: () => this.#lookAgain(),
    });
    this.#telling = setInterval(() => this.#tellRefusals(), TELL_REFUSALS_MS).unref();
  }

  /** False if it cannot listen, which has been told. */
  async listen(): Promise<boolean> {
    const { host, port, tls, token, control, assets } = this.#settings;
    let server: DashboardServer | undefined;
    try {
      this.#listener = await openListener({
        host,
        port,
        tls,
        mostConnections: this.#limits.connections,
        answer: (request, response) => server?.answer(request, response),
      });
    } catch (error) {
      clearInterval(this.#telling);
      this.#post({ type: 'cannot-listen', reason: error instanceof Error ? error.message : String(error) });
      return false;
    }
    server = new DashboardServer({
      token,
      port: this.#listener.port,
      isSecure: tls !== undefined,
      control,
      names: namesOf(host),
      assets,
      viewers: this.#viewers,
      render: (query) => this.#render(query),
      ask: <K extends Question['kind']>(question: Extract<Question, { kind: K }>) =>
        this.#questions.ask(question) as Promise<AnswerTable[K]>,
      profiles: {
        order: (wish, address) => this.#orderProfile(wish, address),
        tree: (id) => this.#profiles.tree(id),
        file: (id) => this.#profiles.file(id),
      },
      onRefused: (address, reason) => this.#refusals.note(address, reason),
      slowMs: this.#limits.slowMs,
    });
    this.#post({ type: 'listening', port: this.#listener.port });
    return true;
  }

  /** True when the master has ended, and all viewers know. */
  async take(message: ToDashboard): Promise<boolean> {
    switch (message.type) {
      case 'delta':
        this.#heardAt = performance.now();
        this.#model.takeDelta(message);
        return false;
      case 'answer':
        this.#questions.settle(message.id, message.value);
        return false;
      case 'refusal':
        this.#questions.refuse(message.id, message.reason);
        return false;
      case 'profiles':
        this.#profiles.open(message.port);
        return false;
      case 'end':
        await this.#end();
        return true;
      default:
        return message satisfies never;
    }
  }

  #render(text: string): string | undefined {
    const query = parsePageQuery(text);
    if (query === undefined) return undefined;
    const { control, showValues } = this.#settings;
    const nowMs = this.#nowMs();
    const page = renderPage(this.#model, this.#profiles, query, nowMs);
    const has = optionalPages(this.#model);
    return JSON.stringify({ ...page, nowMs, control, showValues, has });
  }

  /** Figures that are late are shown as of their time: nothing is known about what slaves did since. */
  #nowMs(): number {
    return this.#ageMs() > LATE_MS || this.#isOver ? this.#model.atMs : Date.now();
  }

  #ageMs(): number {
    return performance.now() - this.#heardAt;
  }

  #lookAgain(): void {
    const { size } = this.#viewers;
    const queries = Array.from(this.#viewers.queries(), parsePageQuery);
    const atSlaves = queries.some((query) => query !== undefined && PAGES_OF_SLAVES.has(query.page));
    const atThreads = queries.some((query) => query?.page === 'threads');
    const looked = `${size > 0} ${atSlaves} ${atThreads}`;
    if (looked !== this.#looked) {
      this.#post({ type: 'looking', viewers: size, looks: { atSlaves, atThreads } });
    }
    this.#looked = looked;
    if (size === 0) {
      clearInterval(this.#ticks);
      this.#ticks = undefined;
    } else this.#ticks ??= setInterval(() => this.#viewers.tick(), this.#limits.tickMs);
  }

  #orderProfile(wish: ProfileWish, address: string): OrderRefusal | undefined {
    const isKnown = wish.process === 'master' || this.#model.slaves.living.has(wish.process);
    // While main is blocked, the sentinel knows slaves that have not been told of here
    if (!isKnown && this.#ageMs() <= LATE_MS)
      return { status: 404, reason: `${wish.process} is not connected; see the page Slaves` };
    const reason = this.#profiles.order(wish);
    if (reason !== undefined) return { status: 409, reason };
    this.#post({ type: 'profile-ordered', address, ...wish });
    return undefined;
  }

  #tellRefusals(): void {
    const refusals = this.#refusals.take();
    if (refusals.length > 0) this.#post({ type: 'refused', refusals });
  }

  async #end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#ticks);
    clearInterval(this.#telling);
    this.#tellRefusals();
    this.#profiles.close();
    this.#viewers.end();
    // Viewers read the last page
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    await this.#listener?.close();
    this.#questions.refuseAll('the master has ended');
  }
}

const LAST_WORDS_MS = 50;
