/**
 * The dashboard's state of a large cluster: slaves that are simulated by their events alone, in the real model. All are
 * busy and idle within each update, which is more than a thread gets from a real master at once.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeltaGatherer } from '../src/dashboard/delta-gatherer.js';
import type { Delta, SlaveSeen } from '../src/dashboard/messages.js';
import { DashboardModel } from '../src/dashboard/model/dashboard-model.js';
import { PAGES, type PageName, parsePageQuery, renderPage } from '../src/dashboard/pages/render-page.js';
import { percentile } from './statistics.js';

export interface ModelRow {
  readonly slaves: number;
  readonly stateBytes: number;
  /** Milliseconds of the processor to take one delta, and the 99th percentile. */
  readonly update: readonly [median: number, p99: number];
  /** Milliseconds of the processor to make the text of a page: the slowest of them. */
  readonly slowestPage: PageName;
  readonly pageMs: number;
}

const UPDATE_EVERY_MS = 100;
/** As a delta has them at most while somebody looks. */
const MOST_SEEN = 1_000;
/** Until the code is compiled. */
const WARM_UP = 20;

export function measureModel({ slaves, updates }: { slaves: number; updates: number }): ModelRow {
  const before = usedBytes();
  const model = new DashboardModel();
  const cluster = new SimulatedCluster(slaves);
  model.takeDelta(cluster.joined());
  const times: number[] = [];
  for (let update = 0; update < WARM_UP + updates; update++) {
    const delta = cluster.next(update);
    const ms = processorMs(() => model.takeDelta(delta));
    if (update >= WARM_UP) times.push(ms);
  }
  const stateBytes = usedBytes() - before;
  const pages = PAGES.map((page) => ({ page, ms: timePage(model, page, cluster.nowMs) }));
  const slowest = pages.reduce((one, other) => (other.ms > one.ms ? other : one));
  return {
    slaves,
    stateBytes,
    update: [percentile(times, 50), percentile(times, 99)],
    slowestPage: slowest.page,
    pageMs: slowest.ms,
  };
}

export function modelLine({ slaves, stateBytes, update, slowestPage, pageMs }: ModelRow): string {
  const [median, p99] = update.map((ms) => ms.toFixed(1));
  return (
    `${slaves} slaves in the dashboard's state: ${(stateBytes / 1e6).toFixed(1)} MB, ` +
    `an update ${median} ms (p99 ${p99}), the slowest page (${slowestPage}) ${pageMs.toFixed(1)} ms`
  );
}

class SimulatedCluster {
  readonly #gatherer = new DeltaGatherer();
  readonly #slaves: number;
  nowMs = Date.UTC(2026, 0, 1);

  constructor(slaves: number) {
    this.#slaves = slaves;
  }

  /** All in one, which a gatherer would spread over several. */
  joined(): Delta {
    for (let number = 0; number < this.#slaves; number++) {
      const host = `node-${number >> 4}.cluster.example.org`;
      const process = { host, pid: 1_000 + number, memberId: 'member' };
      this.#gatherer.take(
        { type: 'slave-connecting', sid: `SLAVE-${number}`, ...process, kind: 'unordered' },
        this.nowMs,
      );
    }
    let delta = this.#delta([]);
    for (let rest = this.#delta([]); rest.events.length > 0; rest = this.#delta([])) {
      delta = {
        ...delta,
        events: [...delta.events, ...rest.events],
        timesMs: [...delta.timesMs, ...rest.timesMs],
      };
    }
    return delta;
  }

  next(update: number): Delta {
    for (let number = 0; number < this.#slaves; number++) {
      const sid = `SLAVE-${number}`;
      this.#gatherer.take({ type: 'tasks-sent', sid, count: 2 }, this.nowMs);
      this.#gatherer.take({ type: 'slave-busy', sid }, this.nowMs + (number % 40));
      this.#gatherer.take({ type: 'results-received', sid, count: 2 }, this.nowMs);
      this.#gatherer.take({ type: 'slave-idle', sid }, this.nowMs + 50 + (number % 40));
    }
    this.nowMs += UPDATE_EVERY_MS;
    const from = (update * MOST_SEEN) % this.#slaves;
    const count = Math.min(MOST_SEEN, this.#slaves - from);
    return this.#delta(Array.from({ length: count }, (_, index) => seenSlave(from + index)));
  }

  #delta(slaves: readonly SlaveSeen[]): Delta {
    const rest = {
      figures: undefined,
      process: { memoryBytes: 1, processorMs: 1 },
      slaves,
      thrown: [],
      threadCount: 0,
      threads: [],
    };
    // As it arrives at the thread, which owns all of it
    return structuredClone({ type: 'delta', atMs: this.nowMs, ...this.#gatherer.drain(), ...rest });
  }
}

function seenSlave(number: number): SlaveSeen {
  const runs = [{ taskId: `TASK-${number}`, algorithm: 'work', seconds: 0.5 }];
  const measured = { memoryBytes: 60_000_000, processorShare: 0.9, beatSeconds: 0.3 };
  return { sid: `SLAVE-${number}`, tasks: 2, isDraining: false, ...measured, runs };
}

const NO_PROFILES = { underWay: undefined, fault: undefined, kept: [] };

function timePage(model: DashboardModel, page: PageName, nowMs: number): number {
  const query = parsePageQuery(`page=${page}`);
  if (query === undefined) throw new Error(`there is no page ${page}`);
  const times: number[] = [];
  for (let round = 0; round < 2 * WARM_UP; round++) {
    const ms = processorMs(() => JSON.stringify(renderPage(model, NO_PROFILES, query, nowMs)));
    if (round >= WARM_UP) times.push(ms);
  }
  return percentile(times, 50);
}

/** Of the processor: other load of the machine counts for less. */
function processorMs(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Of all that is in use, after a collection. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
