/** How near a crawl of 500 local pages on 20 hosts comes to the time that its queues allow, and whether it keeps to them. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('programs/crawl.js', import.meta.url));
const SLAVES = 2;
const CONCURRENCY = 40;
const LIMIT_MS = 60_000;

interface Crawl {
  readonly seconds: number;
  /** In which the limits allow it. */
  readonly least: number;
  /** Of one host, at most: pages asked for at once, and begun within a second. */
  readonly atOnce: number;
  readonly withinASecond: number;
  readonly limit: number;
  readonly perSecond: number;
}

export interface CrawlRow {
  readonly crawls: readonly Crawl[];
  readonly seconds: number;
  /** Median of the ratios to the least time. */
  readonly ratio: number;
}

/** Throws if a limit was exceeded. */
export async function measureCrawl({ repeats }: { repeats: number }): Promise<CrawlRow> {
  const crawls: Crawl[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) crawls.push(await crawl());
  return {
    crawls,
    seconds: median(crawls.map(({ seconds }) => seconds)),
    ratio: median(crawls.map(({ seconds, least }) => seconds / least)),
  };
}

async function crawl(): Promise<Crawl> {
  const flags = ['--slaves', `${SLAVES}`, '--slave-concurrency', `${CONCURRENCY}`];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [PROGRAM, '--master', ...flags, '--', `${SLAVES}`],
    { timeout: LIMIT_MS },
  );
  const row = JSON.parse(stdout) as Crawl;
  const { atOnce, withinASecond, limit, perSecond } = row;
  if (atOnce > limit || withinASecond > perSecond)
    throw new Error(`a host saw ${atOnce} at once and ${withinASecond} in a second`);
  return row;
}

export function crawlLine({ crawls, seconds, ratio }: CrawlRow): string {
  const atOnce = Math.max(...crawls.map((crawl) => crawl.atOnce));
  const withinASecond = Math.max(...crawls.map((crawl) => crawl.withinASecond));
  const all = crawls.map((crawl) => crawl.seconds);
  const spread = `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  return (
    `${seconds.toFixed(2)} s (${spread}), ${ratio.toFixed(3)} times what the limits allow; ` +
    `at most ${atOnce} at once and ${withinASecond} in a second`
  );
}
