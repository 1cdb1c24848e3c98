/**
 * `--master --slaves N --slave-concurrency C` crawls 500 local pages on 20 hosts, each with a queue of 4 at once and 10
 * per second, and prints as JSON: the seconds that it took, the most pages of a host that were asked for at once, and the
 * most that began within a second.
 */
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize, makeQueue, type OrderedSlave, taskContext } from 'ts-mw';

const HOSTS = 20;
const PAGES_PER_HOST = 25;
const PAGE_MS = 20;
const LIMIT = 4;
const PER_SECOND = 10;

const agent = new Agent({ keepAlive: true });

const crawl = defineAlgorithm('crawl', async (url: string) => {
  const beganAt = performance.timeOrigin + performance.now();
  const page = await new Promise<string>((resolve, reject) => {
    get(url, { agent, signal: taskContext().signal }, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''));
    }).on('error', reject);
  });
  return { beganAt, host: new URL(url).host, bytes: page.length };
});

/** A host: a server of its own port, which counts how many pages are asked for at once. */
async function openHost(): Promise<{ url: string; mostAtOnce: () => number; close: () => void }> {
  let atOnce = 0;
  let most = 0;
  const server = createServer(async ({ url }, response) => {
    most = Math.max(most, ++atOnce);
    await sleep(PAGE_MS);
    atOnce--;
    response.end(`page ${url}`);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, mostAtOnce: () => most, close: () => server.close().closeAllConnections() };
}

function mostWithinASecond(begins: readonly number[]): number {
  const sorted = begins.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((from, at) => sorted.slice(at).filter((to) => to - from < 1_000).length));
}

defineMaster(async (master) => {
  const slaves = Number(master.argv[0]);
  master.allocateSlaves({ amount: slaves, kind: 'intermingle' });
  const joined: OrderedSlave[] = [];
  while (joined.length < slaves) {
    await master.masterLoop();
    joined.push(...master.getConnectedOrderedSlaves());
  }
  const hosts = await Promise.all(Array.from({ length: HOSTS }, openHost));
  const begins = new Map<string, number[]>();
  // Each slave has made a request before: what that takes is not what is measured
  const { url: first, close: closeFirst } = await openHost();
  const sids = joined.map(({ sid }) => sid);
  await Promise.all(sids.map((sid) => crawl.withTaskPolicy({ sid }).future(first)));
  closeFirst();
  const began = performance.now();
  for (let page = 0; page < PAGES_PER_HOST; page++) {
    for (const { url } of hosts) {
      const queue = makeQueue(new URL(url).host, { limit: LIMIT, perSecond: PER_SECOND });
      crawl.withTaskPolicy({ queue })(`${url}/${page}`);
    }
  }
  for await (const fate of master.results(crawl)) {
    if (fate.status !== 'ok') return 1;
    const { host, beganAt } = fate.packet;
    begins.set(host, [...(begins.get(host) ?? []), beganAt]);
  }
  const seconds = (performance.now() - began) / 1000;
  const atOnce = Math.max(...hosts.map(({ mostAtOnce }) => mostAtOnce()));
  const withinASecond = Math.max(...Array.from(begins.values(), mostWithinASecond));
  for (const { close } of hosts) close();
  // The last page begins whole windows after one that had to wait for places of the limit
  const rounds = Math.ceil((PAGES_PER_HOST % PER_SECOND || PER_SECOND) / LIMIT);
  const least = Math.ceil(PAGES_PER_HOST / PER_SECOND) - 1 + (rounds * PAGE_MS) / 1000;
  console.log(JSON.stringify({ seconds, least, atOnce, withinASecond, limit: LIMIT, perSecond: PER_SECOND }));
  return 0;
});

await initialize();
