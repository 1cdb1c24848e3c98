/**
 * Answers the dashboard's requests. Whatever is not its own page needs the token or a session, and whatever changes
 * something comes from its own page or from a script with the token. All else is denied.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { foreignHostText, isOwnHost } from '../listener/own-hosts.js';
import type { AnswerTable, DashboardAssets, Question } from '../messages.js';
import { actionOf, FORMS } from './control-action.js';
import { Door } from './door.js';
import { findProfile, orderProfile, type ProfileReply, type ProfileRequests } from './profile-requests.js';
import { bodyOf } from './request-body.js';
import type { Viewers } from './viewers.js';

/** Asks the master's main thread. Rejects with an error that says why there is no answer. */
export type Ask = <K extends Question['kind']>(
  question: Extract<Question, { kind: K }>,
) => Promise<AnswerTable[K]>;

export interface ServerParams {
  readonly token: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly control: boolean;
  /** Names under which it may be asked, beside addresses. */
  readonly names: ReadonlySet<string>;
  readonly assets: DashboardAssets;
  readonly viewers: Viewers;
  /** A page as JSON text; undefined if there is none of that query. */
  readonly render: (query: string) => string | undefined;
  readonly ask: Ask;
  readonly profiles: ProfileRequests;
  readonly onRefused: (address: string, reason: string) => void;
  /** How long a wrong token waits for its answer. */
  readonly slowMs: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: string;
}

/** Wrong tokens that wait for their answers at a time. */
const MOST_SLOWED = 32;
const PLAIN = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export class DashboardServer {
  readonly #params: ServerParams;
  readonly #door: Door;
  #slowed = 0;

  constructor(params: ServerParams) {
    this.#params = params;
    this.#door = new Door(params.token, params.port, params.isSecure);
  }

  readonly answer: RequestListener = (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    this.#answer({ request, response, path, query }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else say(response, 503, `${reason}\n`);
    });
  };

  async #answer(exchange: Exchange): Promise<void> {
    const { request, response, path } = exchange;
    const { host, origin } = request.headers;
    if (!isOwnHost(host, this.#params.names)) {
      this.#note(request, `asked as ${host ?? 'nobody'}, which is not a name of this listener`);
      return say(response, 421, foreignHostText(host, '--dashboard'));
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method !== 'GET' && method !== 'POST') {
      response.setHeader('Allow', 'GET, HEAD, POST');
      return say(response, 405, 'this listener takes GET, HEAD and POST\n');
    }
    if (method === 'GET' && this.#sendAsset(response, path)) return;
    const site = request.headers['sec-fetch-site'];
    if (!isFromHere(site, origin, this.#ownOrigin(host))) {
      this.#note(request, `asked by a page of another site, ${String(origin ?? site)}`);
      return say(response, 403, 'pages of other sites may not ask this listener\n');
    }
    const who = this.#door.recognise(request);
    if (who === 'wrong') return this.#refuseSlowly(exchange);
    if (who === 'nothing') return this.#unknown(response);
    if (method === 'GET') return this.#get(exchange);
    // A browser says where a request that changes something comes from
    if (who === 'session' && origin === undefined) {
      this.#note(request, 'a change was asked for without an origin');
      return say(response, 403, 'a change needs an Origin header, or the token as Bearer\n');
    }
    return this.#post(exchange, who === 'token');
  }

  #sendAsset(response: ServerResponse, path: string): boolean {
    const { html, script, style, icon } = this.#params.assets;
    const found = (
      {
        '/': [html, 'text/html; charset=utf-8'],
        '/app.js': [script, 'text/javascript; charset=utf-8'],
        '/app.css': [style, 'text/css; charset=utf-8'],
        '/icon.svg': [icon, 'image/svg+xml'],
      } as Readonly<Record<string, readonly [string, string]>>
    )[path];
    if (found === undefined) return false;
    const [text, type] = found;
    say(response, 200, text, type);
    return true;
  }

  async #get({ request, response, path, query }: Exchange): Promise<void> {
    const { viewers, render, ask } = this.#params;
    const parameters = new URLSearchParams(query);
    const read = (name: string): string => (parameters.get(name) ?? '').slice(0, 200);
    switch (path) {
      case '/api/page': {
        const text = render(query);
        return text === undefined ? this.#nothingThere(response) : say(response, 200, text, JSON_TYPE);
      }
      case '/api/events':
        if (render(query) === undefined) return this.#nothingThere(response);
        if (viewers.isFull) return say(response, 503, 'as many viewers as it takes are here; close one\n');
        if (request.method === 'HEAD') return say(response, 200, '', 'text/event-stream');
        return viewers.add(response, query);
      case '/api/why': {
        const id = read('id');
        if (!/^(TASK|SLAVE)-\d{1,15}$/.test(id))
          return say(response, 400, 'expected the id of a task or a slave, such as TASK-17 or SLAVE-3\n');
        return say(response, 200, JSON.stringify(await ask({ kind: 'why', id })), JSON_TYPE);
      }
      case '/api/output': {
        const sid = read('id');
        if (!/^SLAVE-\d{1,15}$/.test(sid))
          return say(response, 400, 'expected the id of a slave, such as SLAVE-3\n');
        return say(response, 200, JSON.stringify(await ask({ kind: 'output', sid })), JSON_TYPE);
      }
      case '/api/tasks': {
        const found = await ask({ kind: 'tasks', query: { state: read('state'), text: read('text') } });
        return say(response, 200, JSON.stringify(found), JSON_TYPE);
      }
      case '/api/profile':
      case '/api/profile/file':
        return this.#reply(response, await findProfile(this.#params.profiles, path, read('id')));
      case '/metrics': {
        const isOpen = request.headers.accept?.includes('application/openmetrics-text') === true;
        const text = await ask({ kind: 'metrics', format: isOpen ? 'openmetrics' : 'prometheus' });
        return say(response, 200, text, isOpen ? OPEN_METRICS : PROMETHEUS);
      }
      default:
        return this.#nothingThere(response);
    }
  }

  async #post({ request, response, path }: Exchange, hasToken: boolean): Promise<void> {
    if (path === '/session') {
      if (!hasToken) return this.#unknown(response);
      response.setHeader('Set-Cookie', this.#door.openSession());
      return say(response, 204, '');
    }
    if (path !== '/api/control' && path !== '/api/profile') return this.#nothingThere(response);
    if (path === '/api/control' && !this.#params.control)
      return say(response, 403, 'this dashboard only shows; start the master with --dashboard-control\n');
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return say(response, 415, 'expected application/json\n');
    if (path === '/api/profile')
      return this.#reply(response, orderProfile(this.#params.profiles, request, await bodyOf(request)));
    const action = actionOf(await bodyOf(request));
    if (action === undefined) return say(response, 400, `expected ${FORMS}\n`);
    const done = await this.#params.ask({ kind: 'control', action });
    return say(response, 200, JSON.stringify({ done }), JSON_TYPE);
  }

  #reply(response: ServerResponse, { status, text, isJson, fileName }: ProfileReply): void {
    if (fileName !== undefined)
      response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
    say(response, status, text, isJson ? JSON_TYPE : PLAIN);
  }

  #ownOrigin(host: string | undefined): string {
    return `${this.#params.isSecure ? 'https' : 'http'}://${host ?? ''}`.toLowerCase();
  }

  async #refuseSlowly({ request, response }: Exchange): Promise<void> {
    this.#note(request, 'a wrong token, or one of an earlier run');
    if (this.#slowed >= MOST_SLOWED) {
      response.setHeader('Retry-After', '1');
      return say(response, 429, 'too many wrong tokens; try again in a second\n');
    }
    this.#slowed++;
    await new Promise((resolve) => setTimeout(resolve, this.#params.slowMs));
    this.#slowed--;
    this.#unknown(response);
  }

  #unknown(response: ServerResponse): void {
    response.setHeader('WWW-Authenticate', 'Bearer');
    say(response, 401, 'open the URL that the master printed, which has the token after #\n');
  }

  #nothingThere(response: ServerResponse): void {
    say(response, 404, 'there is nothing here\n');
  }

  #note({ socket }: IncomingMessage, reason: string): void {
    this.#params.onRefused(socket.remoteAddress ?? 'unknown', reason.slice(0, 200));
  }
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A tool of the command line says neither where it comes from. */
function isFromHere(site: string | string[] | undefined, origin: string | undefined, own: string): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin.toLowerCase() === own;
}

function say(response: ServerResponse, status: number, text: string | Buffer, type = PLAIN): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
