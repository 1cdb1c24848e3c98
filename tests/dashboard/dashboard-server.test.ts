/** Access to a dashboard, and attempts of strangers: over real HTTP, with the thread's code on this thread. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { dashboardAssets } from '../../src/dashboard/assets.js';
import { type DashboardLimits, DashboardThread, LIMITS } from '../../src/dashboard/dashboard-thread.js';
import { DeltaGatherer } from '../../src/dashboard/delta-gatherer.js';
import type { ListenerTls } from '../../src/dashboard/listener/listener.js';
import type { Delta, FromDashboard, Question } from '../../src/dashboard/messages.js';
import { until } from '../support/programs.js';
import { pair, pem } from '../support/tls-files.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('dashboard server');

const TOKEN = '0123456789abcdef0123456789abcdef';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const FAST: Partial<DashboardLimits> = { tickMs: 5, slowMs: 60, answerWithinMs: 100 };

const JOINED = { type: 'slave-connecting', host: 'h', pid: 1, memberId: 'm', kind: 'unordered' } as const;

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return { status: response.statusCode, headers: response.headers, text };
}

class Shown {
  readonly said: FromDashboard[] = [];
  readonly thread: DashboardThread;
  port = 0;
  /** Answers questions; undefined is a main that is blocked. */
  answer: ((question: Question) => unknown) | undefined;

  constructor(limits: Partial<DashboardLimits>, control: boolean, tls?: ListenerTls) {
    const place = { host: '127.0.0.1', port: 0, tls };
    const settings = { ...place, token: TOKEN, control, showValues: false, assets: dashboardAssets() };
    this.thread = new DashboardThread(settings, (message) => this.#hear(message), { ...LIMITS, ...limits });
  }

  #hear(message: FromDashboard): void {
    this.said.push(message);
    if (message.type === 'listening') this.port = message.port;
    if (message.type !== 'question' || this.answer === undefined) return;
    const value = this.answer(message.question);
    queueMicrotask(() => void this.thread.take({ type: 'answer', id: message.id, value }));
  }

  async tell(...events: AuditEvent[]): Promise<void> {
    const gatherer = new DeltaGatherer();
    const now = Date.now();
    for (const event of events) gatherer.take(event, now);
    const process = { memoryBytes: 1, processorMs: 1 };
    const rest = { figures: undefined, process, slaves: [], thrown: [], threadCount: 0, threads: [] };
    const delta: Delta = { type: 'delta', atMs: now, ...gatherer.drain(), ...rest };
    await this.thread.take(delta);
  }

  ask(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET', body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path, headers, method, agent: false };
      httpRequest(options, (response) => resolve(answerOf(response)))
        .on('error', reject)
        .end(body);
    });
  }

  /** The cookie of a session, as a browser sends it. */
  async enter(): Promise<OutgoingHttpHeaders> {
    const { headers } = await this.ask('/session', { ...BEARER, origin: this.origin }, 'POST');
    return { cookie: headers['set-cookie']?.[0]?.split(';')[0] };
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A viewer that has its first page. */
  async view(query = 'page=slaves'): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `GET /api/events?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
    );
    await once(socket, 'data');
    return socket;
  }
}

async function shown(
  body: (shown: Shown) => Promise<void>,
  limits: Partial<DashboardLimits> = FAST,
  control = true,
  tls?: ListenerTls,
): Promise<void> {
  const one = new Shown(limits, control, tls);
  assert.is(await one.thread.listen(), true);
  try {
    await body(one);
  } finally {
    await one.thread.take({ type: 'end' });
  }
}

const statusOf = async (answer: Promise<Answer>): Promise<number | undefined> => (await answer).status;

test('without the token there is the empty page, under a strict policy, and nothing else', () =>
  shown(async (one) => {
    await one.tell({ type: 'join-command', command: 'node secret.js' });
    const page = await one.ask('/');
    assert.is(page.status, 200);
    assert.match(page.text, '<script src="/app.js">');
    for (const path of ['/', '/app.js', '/app.css', '/icon.svg', '/api/page?page=overview', '/nowhere']) {
      const { headers, text } = await one.ask(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, "default-src 'none'; script-src 'self'; style-src 'self'");
      assert.match(policy, "frame-ancestors 'none'");
      assert.not.match(policy, 'unsafe');
      assert.is(headers['x-content-type-options'], 'nosniff');
      assert.is(headers['referrer-policy'], 'no-referrer');
      assert.is(headers['cache-control'], 'no-store');
      assert.is(headers['access-control-allow-origin'], undefined);
      assert.not.match(text, 'secret.js');
      assert.not.match(text, TOKEN);
    }
    for (const path of [
      '/api/page?page=overview',
      '/api/events?page=trail',
      '/api/why?id=TASK-1',
      '/api/output?id=SLAVE-1',
      '/metrics',
      '/x',
    ])
      assert.is(await statusOf(one.ask(path)), 401, path);
    for (const path of ['/session', '/api/control', '/x'])
      assert.is(await statusOf(one.ask(path, {}, 'POST')), 401, path);
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      assert.is(await statusOf(one.ask('/', BEARER, method)), 405, method);
  }));

test('the token opens a session, by a cookie that no script and no other site can use', () =>
  shown(async (one) => {
    const { status, headers } = await one.ask('/session', { ...BEARER, origin: one.origin }, 'POST');
    assert.is(status, 204);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    assert.match(cookie, new RegExp(`^ts-mw-${one.port}=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Strict$`));
    assert.not.match(cookie, TOKEN);
    const session = { cookie: `theme=dark; ${cookie.split(';')[0]}` };
    for (const who of [BEARER, session]) {
      const { status: found, text } = await one.ask('/api/page?page=overview', who);
      assert.is(found, 200);
      assert.is(JSON.parse(text).done, 0);
      assert.is(await statusOf(one.ask('/api/page?page=nothing', who)), 404);
      assert.is(await statusOf(one.ask('/api/page', { ...who, origin: one.origin }, 'HEAD')), 404);
    }
    // A session cannot make others
    assert.is(await statusOf(one.ask('/session', { ...session, origin: one.origin }, 'POST')), 401);
    // The 64 newest sessions go on
    for (let count = 0; count < 64; count++) await one.enter();
    assert.is(await statusOf(one.ask('/api/page?page=overview', session)), 401);
  }));

test('a wrong token waits, is refused at once where many wait, and is told to the master once', () =>
  shown(
    async (one) => {
      const wrong = { authorization: `Bearer ${TOKEN.replace('0', '1')}` };
      const before = performance.now();
      assert.is(await statusOf(one.ask('/api/page?page=overview', wrong)), 401);
      assert.ok(performance.now() - before >= 390);
      const forms = [{ authorization: 'Basic eDp5' }, { cookie: `ts-mw-${one.port}=${TOKEN}` }];
      for (const form of forms) assert.is(await statusOf(one.ask('/metrics', form)), 401);
      // The first may have their answers before the last come, or before any that would be too many
      await until('some are refused at once', async () => {
        const many = await Promise.all(
          Array.from({ length: 50 }, () => statusOf(one.ask('/session', wrong, 'POST'))),
        );
        const waited = many.filter((status) => status === 401).length;
        const refused = many.filter((status) => status === 429).length;
        assert.ok(waited >= 32 && waited + refused === 50, `${waited} waited, and ${refused} did not`);
        return refused > 0;
      });
      const refused = (): FromDashboard[] => one.said.filter(({ type }) => type === 'refused');
      await until('the master is told', () => refused().length > 0);
      const [first] = refused();
      assert.ok(first?.type === 'refused');
      assert.equal(
        first.refusals.map(({ address, reason }) => [address, reason]),
        [['127.0.0.1', 'a wrong token, or one of an earlier run']],
      );
      // A request without any is no attempt
      assert.is(await statusOf(one.ask('/metrics')), 401);
    },
    { ...FAST, slowMs: 400, connections: 100 },
  ));

test('with a certificate it speaks HTTPS alone, and its cookie goes nowhere else', () =>
  shown(
    async (one) => {
      assert.is(await statusOf(one.ask('/')).catch(() => 'no HTTP'), 'no HTTP');
      const ask = (headers: OutgoingHttpHeaders, path: string, body?: string): Promise<Answer> =>
        new Promise((resolve, reject) => {
          const method = body === undefined ? 'GET' : 'POST';
          const where = { host: '127.0.0.1', port: one.port, path, ca: pem('ca'), agent: false as const };
          httpsRequest({ ...where, method, headers }, (response) => resolve(answerOf(response)))
            .on('error', reject)
            .end(body);
        });
      const origin = one.origin.replace('http:', 'https:');
      const { status, headers } = await ask({ ...BEARER, origin }, '/session', '');
      const [cookie = ''] = headers['set-cookie'] ?? [];
      assert.is(status, 204);
      assert.match(cookie, /; SameSite=Strict; Secure$/);
      const session = { cookie: cookie.split(';')[0], 'content-type': 'application/json' };
      one.answer = () => 'done';
      const change = '{"do":"add-slave"}';
      assert.is((await ask({ ...session, origin: one.origin }, '/api/control', change)).status, 403);
      assert.is((await ask({ ...session, origin }, '/api/control', change)).text, '{"done":"done"}');
    },
    FAST,
    true,
    pair('broker'),
  ));

test('it is asked by its own names only, so that no other name can be pointed at it', () =>
  shown(async (one) => {
    for (const host of [
      'evil.example',
      `evil.example:${one.port}`,
      '127.0.0.1.evil.example',
      'localhost.evil',
      'a b',
    ])
      assert.is(await statusOf(one.ask('/', { host })), 421, host);
    for (const host of [
      '127.0.0.1',
      `127.0.0.1:${one.port}`,
      'localhost',
      'LOCALHOST:1',
      '[::1]:80',
      '10.0.0.7:8787',
    ])
      assert.is(await statusOf(one.ask('/', { host })), 200, host);
    const { text } = await one.ask('/', { host: '<b>evil</b>' });
    assert.is(
      text,
      '"?b?evil??b?" is not a name of this listener; use an address, or start it with --dashboard HOST:PORT\n',
    );
  }));

test('pages of other sites can neither ask nor change anything, with the cookie too', () =>
  shown(async (one) => {
    let asked = 0;
    one.answer = () => {
      asked++;
      return 'done';
    };
    const session = await one.enter();
    const json = { 'content-type': 'application/json' };
    const body = '{"do":"cancel","taskId":"TASK-1"}';
    const post = (headers: OutgoingHttpHeaders): Promise<number | undefined> =>
      statusOf(one.ask('/api/control', { ...session, ...headers }, 'POST', body));
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.is(await post({ ...form, origin: 'http://evil.example' }), 403);
    assert.is(await post({ ...form, origin: 'null' }), 403);
    assert.is(await post({ ...json, origin: 'http://evil.example' }), 403);
    assert.is(await post({ ...json, origin: `http://127.0.0.1:${one.port + 1}` }), 403);
    assert.is(await post({ ...json, origin: one.origin, 'sec-fetch-site': 'cross-site' }), 403);
    assert.is(await post({ ...json, origin: one.origin, 'sec-fetch-site': 'same-site' }), 403);
    assert.is(await post(json), 403, 'a browser would say its origin');
    assert.is(await post({ ...form, origin: one.origin }), 415);
    for (const site of ['cross-site', 'same-site'])
      assert.is(await statusOf(one.ask('/api/page?page=trail', { ...session, 'sec-fetch-site': site })), 403);
    assert.is(
      await statusOf(one.ask('/api/events?page=trail', { ...session, origin: 'http://evil.example' })),
      403,
    );
    assert.is(asked, 0);
    assert.is(await post({ ...json, origin: one.origin, 'sec-fetch-site': 'same-origin' }), 200);
    assert.is(asked, 1);
    // A link from elsewhere opens the empty page
    assert.is(await statusOf(one.ask('/', { 'sec-fetch-site': 'cross-site' })), 200);
  }));

test('profiles are ordered from its own page or with the token, one at a time, and only of processes that are here', () =>
  shown(
    async (one) => {
      const json = { 'content-type': 'application/json' };
      const body = '{"process":"master","seconds":5}';
      const order = (headers: OutgoingHttpHeaders, text = body): Promise<Answer> =>
        one.ask('/api/profile', { ...json, ...headers }, 'POST', text);
      const session = await one.enter();
      const own = { ...session, origin: one.origin };
      assert.is(await statusOf(order({})), 401);
      assert.is(await statusOf(order({ authorization: 'Bearer no' })), 401);
      assert.is(await statusOf(order({ ...session, origin: 'http://evil.example' })), 403);
      assert.is(await statusOf(order(session)), 403, 'a browser would say its origin');
      assert.is(await statusOf(order({ ...own, 'content-type': 'text/plain' })), 415);
      for (const path of ['/api/profile?id=1', '/api/profile/file?id=1']) {
        assert.is(await statusOf(one.ask(path)), 401, path);
        assert.is(await statusOf(one.ask(path, { ...session, 'sec-fetch-site': 'cross-site' })), 403, path);
        for (const id of ['1', '', '-1', '1e0', '../1'])
          assert.is(await statusOf(one.ask(path.replace(/1$/, id), session)), 404, id);
      }
      assert.match((await order(own)).text, /^the master has not started yet/);
      const { port1, port2 } = new MessageChannel();
      await one.thread.take({ type: 'profiles', port: port1 });
      const orders: unknown[] = [];
      port2.on('message', (one) => orders.push(one));
      await one.tell({ ...JOINED, sid: 'SLAVE-3' });
      for (const bad of ['', '{}', '{"process":"SLAVE-1"}', '{"process":"SLAVE-x","seconds":5}'])
        assert.is(await statusOf(order(own, bad)), 400, bad);
      for (const seconds of ['0', '31', '1.5', '"5"', 'null'])
        assert.is(await statusOf(order(own, `{"process":"master","seconds":${seconds}}`)), 400, seconds);
      const gone = await order(own, '{"process":"SLAVE-9","seconds":5}');
      assert.equal([gone.status, gone.text], [404, 'SLAVE-9 is not connected; see the page Slaves\n']);
      assert.is(await statusOf(order(own, '{"process":"SLAVE-3","seconds":5}')), 202);
      for (const who of [own, BEARER]) {
        const { status, text } = await order(who);
        assert.equal(
          [status, /^a profile of SLAVE-3 is being taken for 5 s; ask again/.test(text)],
          [409, true],
        );
      }
      await until('it is ordered', () => orders.length > 0);
      assert.equal(orders, [{ key: 1, slave: 3, seconds: 5 }]);
      assert.equal(
        one.said.filter(({ type }) => type === 'profile-ordered'),
        [{ type: 'profile-ordered', address: '127.0.0.1', process: 'SLAVE-3', seconds: 5 }],
      );
      port2.postMessage({ key: 1, state: 'failed', reason: 'is gone' });
      const page = async (): Promise<string> => (await one.ask('/api/page?page=profile', BEARER)).text;
      await until('it says so', async () => (await page()).includes('"reason":"is gone"'));
      assert.is(await statusOf(order(BEARER)), 202, 'and takes the next order');
      port2.close();
      await until('the end of the sentinel', async () => (await page()).includes('sentinel has ended'));
    },
    FAST,
    false,
  ));

test('a script with the token can ask and change; malformed changes, and all without the flag, are refused', async () => {
  const json = { ...BEARER, 'content-type': 'application/json' };
  await shown(async (one) => {
    const asked: Question[] = [];
    one.answer = (question) => {
      asked.push(question);
      return question.kind === 'metrics' ? 'm 1\n' : question.kind;
    };
    const control = (body: string): Promise<Answer> => one.ask('/api/control', json, 'POST', body);
    assert.equal((await control('{"do":"add-slave"}')).text, '{"done":"control"}');
    await control('{"do":"stop-slave","sid":"SLAVE-3"}');
    await control('{"do":"drain-slave","sid":"SLAVE-4"}');
    await control('{"do":"cancel","taskId":"TASK-3","kill":true}');
    const group = { kind: 'threw', algorithm: 'a', errorClass: 'E', frame: '' };
    await control(JSON.stringify({ do: 'resubmit', group: { ...group, count: 7 } }));
    for (const body of [
      '',
      '[]',
      'null',
      '{"do":"eval"}',
      '{"do":"cancel","taskId":"TASK-x"}',
      '{"do":"cancel"}',
      '{"do":"drain-slave","sid":"TASK-1"}',
      '{"do":"resubmit"}',
      ...[
        { kind: 'run again' },
        { frame: undefined },
        { algorithm: 7 },
        { errorClass: 'x'.repeat(1_001) },
      ].map((wrong) => JSON.stringify({ do: 'resubmit', group: { ...group, ...wrong } })),
      `"${'x'.repeat(20_000)}"`,
    ])
      assert.is((await control(body)).status, 400, body.slice(0, 40));
    assert.is((await one.ask('/metrics', BEARER)).text, 'm 1\n');
    const open = await one.ask('/metrics', { ...BEARER, accept: 'application/openmetrics-text' });
    assert.is(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.is((await one.ask('/api/why?id=TASK-7', BEARER)).text, '"why"');
    assert.is(await statusOf(one.ask('/api/why?id=TASK-7%20x', BEARER)), 400);
    assert.is((await one.ask('/api/output?id=SLAVE-7', BEARER)).text, '"output"');
    assert.is(await statusOf(one.ask('/api/output?id=TASK-7', BEARER)), 400);
    await one.ask('/api/tasks?state=queued&text=a', BEARER);
    assert.equal(
      asked.map((question) => ('action' in question ? question.action : question.kind)),
      [
        { do: 'add-slave' },
        { do: 'stop-slave', sid: 'SLAVE-3' },
        { do: 'drain-slave', sid: 'SLAVE-4' },
        { do: 'cancel', taskId: 'TASK-3', kill: true },
        { do: 'resubmit', group },
        'metrics',
        'metrics',
        'why',
        'output',
        'tasks',
      ],
    );
    one.answer = undefined;
    const late = await one.ask('/api/why?id=TASK-7', BEARER);
    assert.equal(
      [late.status, late.text],
      [503, "the master's main thread has not answered for 0.1 s: its program blocks it\n"],
    );
  });
  await shown(
    async (one) => {
      const { status, text } = await one.ask('/api/control', json, 'POST', '{"do":"add-slave"}');
      assert.equal(
        [status, text],
        [403, 'this dashboard only shows; start the master with --dashboard-control\n'],
      );
      assert.is(one.said.filter(({ type }) => type === 'question').length, 0);
    },
    FAST,
    false,
  );
});

test('what slaves say is data, whatever is in it', () =>
  shown(async (one) => {
    const evil = '</script><img src=x onerror=alert(1)>\r\n\r\nevent: end\ndata: {}\n\n\u2028\u0000\u202e';
    await one.tell(
      { type: 'slave-connecting', sid: 'SLAVE-0', host: evil, pid: 1, memberId: 'm', kind: 'unordered' },
      {
        type: 'task-threw',
        sid: 'SLAVE-0',
        taskId: 'TASK-0',
        attempt: 1,
        algorithm: evil,
        message: `E: ${evil}`,
      },
      { type: 'tasks-settled', algorithm: evil, error: '0' },
    );
    const { text, headers } = await one.ask('/api/page?page=slaves', BEARER);
    assert.is(headers['content-type'], 'application/json; charset=utf-8');
    assert.is(JSON.parse(text).rows[0].host, evil);
    const socket = await one.view('page=failures');
    let seen = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      seen += part;
    });
    await one.tell({ type: 'tasks-threw', count: 10, algorithm: evil, message: `E: ${evil}` });
    await until('a page', () => /^event: page\ndata: [^\n]*\n\n/m.test(seen));
    for (const line of seen.split('\n'))
      assert.match(line, /^(event: (page|beat)|data: [^\r]*|[0-9a-f]*\r?)$/);
    socket.destroy();
  }));

test('so many viewers and no more, and one that never reads is dropped', () =>
  shown(
    async (one) => {
      const viewers = [await one.view(), await one.view(), await one.view()];
      assert.is(await statusOf(one.ask('/api/events?page=slaves', BEARER)), 503);
      const looks = (): FromDashboard[] => one.said.filter(({ type }) => type === 'looking');
      assert.equal(looks(), [{ type: 'looking', viewers: 1, looks: { atSlaves: true, atThreads: false } }]);
      const [deaf, ...others] = viewers;
      for (const viewer of others) viewer.resume();
      deaf?.pause();
      let closed = false;
      deaf?.on('close', () => {
        closed = true;
      });
      // So much changes that the system's own buffers are full at once
      let number = 0;
      const joins = (): AuditEvent[] =>
        Array.from({ length: 400 }, () => ({
          type: 'slave-connecting',
          sid: `SLAVE-${number++ % 400}`,
          host: 'h'.repeat(1_000) + number,
          pid: 1,
          memberId: 'm',
          kind: 'unordered',
        }));
      await until('it is dropped', async () => {
        await one.tell(...joins());
        const { status } = await one.ask('/api/events?page=trail', BEARER, 'HEAD');
        return status === 200;
      });
      deaf?.resume();
      await until('it is closed', () => closed);
      for (const viewer of others) assert.is(viewer.destroyed, false, 'those that read go on');
      for (const viewer of others) viewer.destroy();
      await until('nobody looks', () => looks().length === 2);
      assert.equal(looks().at(-1), {
        type: 'looking',
        viewers: 0,
        looks: { atSlaves: false, atThreads: false },
      });
    },
    { ...FAST, viewers: 3, dropAfterMs: 50 },
  ));

test.long('ten thousand connections keep nobody out for long', () =>
  shown(async (one) => {
    const viewer = await one.view('page=overview');
    viewer.resume();
    let open: Socket[] = [];
    for (let wave = 0; wave < 20; wave++) {
      const sockets = Array.from({ length: 500 }, () => connect(one.port, '127.0.0.1').on('error', () => {}));
      await Promise.all(
        sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])),
      );
      open.push(...sockets);
      await until('the rest is closed', () => {
        open = open.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded);
        for (const socket of open) socket.resume();
        return open.length <= LIMITS.connections;
      });
    }
    assert.is(viewer.destroyed, false, 'who looked goes on');
    for (const socket of open) socket.destroy();
    await until('others may look again', async () => {
      const status = await statusOf(one.ask('/api/page?page=overview', BEARER)).catch(() => 0);
      return status === 200;
    });
    viewer.destroy();
  }, FAST),
);

test('who looks is told of the end, with the last figures', async () => {
  let seen = '';
  await shown(async (one) => {
    const socket = await one.view('page=overview');
    socket.setEncoding('utf8').on('data', (part: string) => {
      seen += part;
    });
    await one.tell({ type: 'tasks-submitted', tasks: '0-6', algorithms: [{ algorithm: 'a', count: 7 }] });
  });
  await until('the end', () => seen.includes('event: end'));
  assert.match(seen, '"submitted":7');
});

test.run();
