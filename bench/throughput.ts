/**
 * No-op tasks through real processes, and beside each figure what NATS alone takes for messages of the
 * same size in the same run: a busy machine slows both, so the ratio says more than either.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEADER_BYTES } from '../src/wire/session/frame.js';
import { findNatsServer, startNatsServer } from '../tests/support/nats-server.js';
import { MeasuredProcess, type PeakMemory } from './measured-process.js';
import { median, percentile, type Spread, spread } from './statistics.js';

export type BrokerName = 'embedded' | 'nats-server';
export type GroupSize = number | 'auto';

/** Messages under way in the raw round trip, and tasks outstanding where the row says so. */
const OUTSTANDING = 64;
/** The size of the groups that auto makes of no-op tasks. */
const AUTO_GROUP = 1_000;
/** Bytes of a frame around its entries, and of an entry of the no-op task or its result. */
const FRAME_BYTES = HEADER_BYTES + 12;
const ENTRY_BYTES = 22;
/** Round trips before the other side has its turn: a disturbance of the machine should affect both. */
const ROUNDS = 100;
/** Until both sides run compiled code. */
const WARM_UP_ROUNDS = 5_000;

export interface ThroughputOptions {
  readonly slaves: readonly number[];
  readonly brokers: readonly BrokerName[];
  readonly groups: readonly GroupSize[];
  readonly repeats: number;
  /** Scales how many tasks a measurement takes. */
  readonly share: number;
}

export interface Rate {
  readonly tasksPerSecond: number;
  /** Of the repeats. */
  readonly spread: Spread;
  readonly rawPerSecond: number;
  readonly ratio: number;
}

export interface RoundTrip {
  readonly medianMicros: number;
  readonly p99Micros: number;
  readonly rawMedianMicros: number;
  readonly rawP99Micros: number;
  readonly ratio: number;
  /** Median of futures in a chain: each task's argument is made from the result before. */
  readonly chainMedianMicros: number;
  /** Median of the NATS client's own request and answer, and how many times that ours is. */
  readonly requestMedianMicros: number;
  readonly requestRatio: number;
  /** Median of a TCP connection between two processes and nothing else: two wakeups, which a task needs too. */
  readonly tcpMedianMicros: number;
}

export interface ThroughputRow {
  readonly slaves: number;
  readonly broker: BrokerName;
  readonly group: GroupSize;
  /** All submitted, then all results taken. */
  readonly bulk: Rate;
  /** Group 1 only: with 64 outstanding, submitted as results come. */
  readonly window: Rate | undefined;
  /** Groups 1 and auto: one task at a time. */
  readonly sequential: RoundTrip | undefined;
  readonly memory: PeakMemory | undefined;
}

/** The brokers that this machine has. */
export function brokersHere(): BrokerName[] {
  return findNatsServer() === undefined ? ['embedded'] : ['embedded', 'nats-server'];
}

export async function measureThroughput(
  options: ThroughputOptions,
  onRow: (row: ThroughputRow) => void,
): Promise<ThroughputRow[]> {
  const rows: ThroughputRow[] = [];
  for (const broker of options.brokers) {
    const server = broker === 'nats-server' ? await startNatsServer() : undefined;
    try {
      for (const slaves of options.slaves) {
        const raw = await MeasuredProcess.start('raw-requester', [
          String(slaves),
          ...(server ? [server.url] : []),
        ]);
        try {
          for (const group of options.groups) {
            const row = await measureRow({ ...options, broker, slaves, group, url: server?.url, raw });
            rows.push(row);
            onRow(row);
          }
        } finally {
          await raw.stop();
        }
      }
    } finally {
      await server?.stop();
    }
  }
  return rows;
}

interface RowParams {
  readonly broker: BrokerName;
  readonly slaves: number;
  readonly group: GroupSize;
  readonly url: string | undefined;
  readonly raw: MeasuredProcess;
  readonly repeats: number;
  readonly share: number;
}

async function measureRow(params: RowParams): Promise<ThroughputRow> {
  const { broker, slaves, group, url, raw, repeats, share } = params;
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  const framework = await MeasuredProcess.start('no-op', [
    '--master',
    ...['--slaves', String(slaves), '--audit-file', join(folder, 'audit')],
    ...['--slave-task-group', String(group), '--slave-result-group', String(group)],
    ...(url === undefined ? [] : ['--nats-url', url]),
  ]);
  const bulk: Sample[] = [];
  const windows: Sample[] = [];
  const rounds: Rounds = { ours: [], chains: [], theirs: [], requests: [], tcp: [] };
  const size = group === 'auto' ? AUTO_GROUP : group;
  const tasks = Math.round(share * tasksFor(size));
  try {
    if (size === 1 || group === 'auto') {
      // Before the others: what they leave to be collected would be paid for here.
      const one = { kind: 'sequential', rounds: ROUNDS, bytes: FRAME_BYTES + ENTRY_BYTES } as const;
      await framework.measure({ ...one, rounds: WARM_UP_ROUNDS });
      const request = { ...one, kind: 'request' } as const;
      const tcp = { ...one, kind: 'tcp' } as const;
      for (const theirs of [one, request, tcp]) await raw.measure({ ...theirs, rounds: WARM_UP_ROUNDS });
      for (let block = 0; block < 20 * share * repeats; block++) {
        rounds.theirs.push(...(await raw.measure(one)).micros);
        rounds.ours.push(...(await framework.measure(one)).micros);
        rounds.chains.push(...(await framework.measure({ kind: 'chain', rounds: ROUNDS })).micros);
        rounds.requests.push(...(await raw.measure(request)).micros);
        rounds.tcp.push(...(await raw.measure(tcp)).micros);
      }
    }
    await framework.measure({ kind: 'bulk', tasks: Math.round(tasks / 2) });
    for (let repeat = 0; repeat < repeats; repeat++) {
      const bytes = FRAME_BYTES + size * ENTRY_BYTES;
      const messages = Math.max(2_000, Math.round((tasks / size) * (size >= 100 ? 4 : 1)));
      const window = { kind: 'window', tasks: messages, outstanding: OUTSTANDING, bytes } as const;
      const rawSeconds = (await raw.measure(window)).seconds;
      const { seconds } = await framework.measure({ kind: 'bulk', tasks });
      bulk.push(rate(tasks / seconds, (messages * size) / rawSeconds));
      if (size === 1) {
        const again = await framework.measure({ ...window, tasks });
        const rawAgain = await raw.measure(window);
        windows.push(rate(tasks / again.seconds, messages / rawAgain.seconds));
      }
    }
    const memory = framework.peakMemory();
    return {
      slaves,
      broker,
      group,
      bulk: middle(bulk),
      window: windows.length === 0 ? undefined : middle(windows),
      sequential: rounds.ours.length === 0 ? undefined : roundTrip(rounds),
      memory,
    };
  } finally {
    await framework.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** About a second of work each. */
function tasksFor(group: number): number {
  if (group === 1) return 50_000;
  return group === 10 ? 200_000 : 400_000;
}

/** One repeat. */
type Sample = Omit<Rate, 'spread'>;

function rate(tasksPerSecond: number, rawPerSecond: number): Sample {
  return { tasksPerSecond, rawPerSecond, ratio: tasksPerSecond / rawPerSecond };
}

/** Medians of each; the ratio is that of the pairs, which were measured one after the other. */
function middle(rates: readonly Sample[]): Rate {
  const ours = rates.map((rate) => rate.tasksPerSecond);
  return {
    tasksPerSecond: median(ours),
    spread: spread(ours),
    rawPerSecond: median(rates.map((rate) => rate.rawPerSecond)),
    ratio: median(rates.map((rate) => rate.ratio)),
  };
}

/** Microseconds of each, measured in turns. */
interface Rounds {
  readonly ours: number[];
  readonly chains: number[];
  readonly theirs: number[];
  readonly requests: number[];
  readonly tcp: number[];
}

function roundTrip({ ours, chains, theirs, requests, tcp }: Rounds): RoundTrip {
  const medianMicros = median(ours);
  const rawMedianMicros = median(theirs);
  const requestMedianMicros = median(requests);
  return {
    medianMicros,
    p99Micros: percentile(ours, 99),
    rawMedianMicros,
    rawP99Micros: percentile(theirs, 99),
    ratio: medianMicros / rawMedianMicros,
    chainMedianMicros: median(chains),
    requestMedianMicros,
    requestRatio: medianMicros / requestMedianMicros,
    tcpMedianMicros: median(tcp),
  };
}
