/** A crawl of local pages on several hosts: no queue's limit and no rate is ever exceeded, as the hosts see it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, FinalError, makeQueue, slave, TaskError } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withCluster } from '../support/clusters.js';
import { within } from '../support/programs.js';

const test = suite('queues');
const TIME_LIMIT_MS = 30_000;
const HOSTS = 4;
const PAGES = 13;
const LIMIT = 4;
const PER_SECOND = 10;

/** A host that has pages, is busy at first, and counts who asks for something. */
class Host {
  mostAtOnce = 0;
  readonly asked: string[] = [];
  #atOnce = 0;
  readonly #server = createServer(async ({ url }, response) => {
    this.asked.push(String(url));
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    await sleep(10);
    this.#atOnce--;
    if (url === '/missing') response.writeHead(404).end();
    else if (url === '/busy' && this.asked.filter((page) => page === url).length < 3)
      response.writeHead(503, { 'retry-after': '0.05' }).end();
    else response.end(`page ${url}`);
  });

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close().closeAllConnections();
  }
}

async function withHosts(count: number, body: (hosts: Map<string, Host>) => Promise<void>): Promise<void> {
  const all = Array.from({ length: count }, () => new Host());
  try {
    const urls = await Promise.all(all.map((host) => host.open()));
    await body(new Map(urls.map((url, index) => [url, all[index] as Host])));
  } finally {
    for (const host of all) host.close();
  }
}

const crawl = defineAlgorithm(
  'crawl',
  async (url: string) => {
    const beganAt = performance.now();
    const response = await fetch(url);
    const text = await response.text();
    if (response.status === 404) throw new FinalError(`no page ${url}`);
    if (!response.ok) {
      const seconds = Number(response.headers.get('retry-after'));
      throw Object.assign(new Error(`status ${response.status}`), { seconds });
    }
    return { beganAt, text };
  },
  { policy: { retryErrors: ({ fields }) => Number(fields.seconds) } },
);

function mostWithinASecond(begins: readonly number[]): number {
  return Math.max(...begins.map((from) => begins.filter((at) => at >= from && at < from + 1_000).length));
}

test('a crawl never exceeds limit and rate of a host', () =>
  withHosts(HOSTS, (hosts) =>
    withCluster({ flags: {} }, 0, async (mw) => {
      await Promise.all([1, 2].map(() => slave(mw, { slaveConcurrency: 20 })));
      const crawls = [...hosts.keys()].map((host) => {
        const queue = makeQueue(host, { limit: LIMIT, perSecond: PER_SECOND });
        const submit = crawl.withTaskPolicy({ queue });
        return Promise.all(Array.from({ length: PAGES }, (_, page) => submit.future(`${host}/${page}`)));
      });
      for (const pages of await within(TIME_LIMIT_MS, Promise.all(crawls), () => 'the crawl does not end')) {
        assert.equal(
          pages.map(({ text }) => text),
          pages.map((_, page) => `page /${page}`),
        );
        const most = mostWithinASecond(pages.map(({ beganAt }) => beganAt));
        assert.ok(most <= PER_SECOND, `${most} began in a second`);
      }
      for (const { mostAtOnce, asked } of hosts.values()) {
        assert.ok(mostAtOnce <= LIMIT, `${mostAtOnce} at once`);
        assert.is(asked.length, PAGES);
      }
    }),
  ));

test('a page that is missing is final, and a busy host is asked again when it wants to be', () =>
  withHosts(1, (hosts) =>
    withCluster({ flags: {} }, 1, async () => {
      const [[url, host]] = [...hosts] as [[string, Host]];
      const queue = makeQueue(url, { limit: 1 });
      const [busy, missing] = await within(
        TIME_LIMIT_MS,
        Promise.allSettled(
          ['busy', 'missing'].map((page) => crawl.withTaskPolicy({ queue }).future(`${url}/${page}`)),
        ),
        () => 'it does not end',
      );
      assert.is(busy?.status, 'fulfilled');
      assert.is(missing?.status, 'rejected');
      const { reason } = missing as PromiseRejectedResult;
      assert.ok(reason instanceof TaskError && reason.final && reason.name === 'FinalError', String(reason));
      assert.equal(host.asked, ['/busy', '/missing', '/busy', '/busy']);
    }),
  ));

test.run();
