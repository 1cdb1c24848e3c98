/** The same no-op task by ts-mw and by other libraries, in turns: those that this machine has. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canConnect } from '../tests/support/can-connect.js';
import { freePort } from '../tests/support/free-port.js';
import { findNatsServer, startNatsServer } from '../tests/support/nats-server.js';
import { MeasuredProcess } from './measured-process.js';
import { INSTALL, named, versionOf } from './peers/packages.js';
import { count } from './report.js';
import { type Figure, figure, median, percentile } from './statistics.js';

const OUTSTANDING = 64;
const REDIS_WITHIN_MS = 5_000;

export interface PeersOptions {
  readonly workers: readonly number[];
  readonly repeats: number;
}

export interface PeerRow {
  readonly peer: string;
  readonly workers: number;
  readonly bulk: Figure;
  readonly window: Figure;
  /** One at a time, in microseconds. */
  readonly medianMicros: Figure;
  readonly p99Micros: number;
}

interface Peer {
  readonly name: string;
  /** Undefined if it is here; otherwise how to install it. */
  readonly missing: string | undefined;
  readonly program: string;
  readonly args: (workers: number) => readonly string[];
  /** Tasks of a repeat, in bulk and with 64 outstanding, and rounds one at a time: less than a second each. */
  readonly tasks: number;
  readonly rounds: number;
}

/** Measures all peers that are here; `onNote` gets a line for each that is not, and for each what it is. */
export async function measurePeers(
  { workers, repeats }: PeersOptions,
  onNote: (text: string) => void,
  onRow: (row: PeerRow) => void,
): Promise<PeerRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-peers-'));
  const nats = findNatsServer() === undefined ? undefined : await startNatsServer();
  const redis = await startRedis(folder);
  const rows: PeerRow[] = [];
  try {
    const peers = listPeers(folder, nats?.url, redis?.port);
    for (const { name, missing } of peers) if (missing !== undefined) onNote(`no ${name}: ${missing}`);
    for (const number of workers) {
      const here = peers.filter(({ missing }) => missing === undefined);
      for (const row of await measureInTurns(here, number, repeats)) {
        rows.push(row);
        onRow(row);
      }
    }
    return rows;
  } finally {
    redis?.process.kill('SIGKILL');
    await nats?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function listPeers(
  folder: string,
  natsUrl: string | undefined,
  redisPort: number | undefined,
): readonly Peer[] {
  const own = (workers: number) => [
    '--master',
    ...['--slaves', String(workers), '--audit-file', join(folder, 'audit')],
  ];
  const noNats = natsUrl === undefined ? 'install nats-server' : undefined;
  const python = pythonWithDask();
  const npm = (name: string) => (versionOf(name) === undefined ? INSTALL : undefined);
  return [
    {
      name: 'ts-mw',
      missing: undefined,
      program: '../programs/no-op',
      args: own,
      tasks: 100_000,
      rounds: 2_000,
    },
    {
      name: 'ts-mw, nats-server',
      missing: noNats,
      program: '../programs/no-op',
      args: (workers) => [...own(workers), '--nats-url', natsUrl ?? ''],
      tasks: 100_000,
      rounds: 2_000,
    },
    {
      name: named('Piscina'),
      missing: npm('piscina'),
      program: 'thread-pool',
      args: (workers) => ['piscina', String(workers)],
      tasks: 50_000,
      rounds: 2_000,
    },
    {
      name: named('workerpool'),
      missing: npm('workerpool'),
      program: 'thread-pool',
      args: (workers) => ['workerpool', String(workers)],
      tasks: 20_000,
      rounds: 2_000,
    },
    {
      name: `${named('Moleculer')}, nats-server`,
      missing: npm('moleculer') ?? noNats,
      program: 'moleculer',
      args: (workers) => [String(workers), natsUrl ?? ''],
      tasks: 20_000,
      rounds: 1_000,
    },
    {
      name: `${named('BullMQ')}, redis-server`,
      missing: npm('bullmq') ?? (redisPort === undefined ? 'install redis-server' : undefined),
      program: 'bullmq',
      args: (workers) => [String(workers), String(redisPort)],
      tasks: 4_000,
      rounds: 300,
    },
    {
      name: 'Dask',
      missing: python === undefined ? 'install python3-distributed' : undefined,
      program: 'dask',
      args: (workers) => [String(workers), python ?? ''],
      tasks: 1_000,
      rounds: 100,
    },
  ];
}

async function measureInTurns(peers: readonly Peer[], workers: number, repeats: number): Promise<PeerRow[]> {
  const running: { peer: Peer; process: MeasuredProcess; samples: Samples }[] = [];
  try {
    for (const peer of peers) {
      const process = await MeasuredProcess.start(`../peers/${peer.program}`, peer.args(workers));
      running.push({ peer, process, samples: { bulk: [], window: [], medians: [], micros: [] } });
    }
    for (const { process, peer } of running) await measureOnce(process, peer);
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const { process, peer, samples } of running) {
        const { bulk, window, micros } = await measureOnce(process, peer);
        samples.bulk.push(bulk);
        samples.window.push(window);
        samples.medians.push(median(micros));
        samples.micros.push(...micros);
      }
    }
  } finally {
    for (const { process } of running) await process.stop();
  }
  return running.map(({ peer, samples }) => ({
    peer: peer.name,
    workers,
    bulk: figure(samples.bulk),
    window: figure(samples.window),
    medianMicros: figure(samples.medians),
    p99Micros: percentile(samples.micros, 99),
  }));
}

interface Samples {
  readonly bulk: number[];
  readonly window: number[];
  readonly medians: number[];
  readonly micros: number[];
}

async function measureOnce(process: MeasuredProcess, { tasks, rounds }: Peer) {
  const { micros } = await process.measure({ kind: 'sequential', rounds, bytes: 0 });
  const bulk = await process.measure({ kind: 'bulk', tasks });
  const window = await process.measure({ kind: 'window', tasks, outstanding: OUTSTANDING, bytes: 0 });
  return { bulk: tasks / bulk.seconds, window: tasks / window.seconds, micros };
}

/** The first Python that has Dask: another one may come first in the path. */
function pythonWithDask(): string | undefined {
  const imports = ['-c', 'import distributed'];
  return ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, imports, { stdio: 'ignore' }).status === 0,
  );
}

interface Redis {
  readonly process: ChildProcess;
  readonly port: number;
}

/** On loopback, without a file; undefined if there is no redis-server, or it does not start. */
async function startRedis(folder: string): Promise<Redis | undefined> {
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    { stdio: 'ignore' },
  );
  let ended = false;
  server.once('error', () => {
    ended = true;
  });
  server.once('exit', () => {
    ended = true;
  });
  for (const end = performance.now() + REDIS_WITHIN_MS; !ended && performance.now() < end; await sleep(20)) {
    if (await canConnect(port)) return { process: server, port };
  }
  server.kill('SIGKILL');
  return undefined;
}

export function peersHead(): string {
  return line('', 'workers', 'all at once/s', '64 outstanding/s', 'one at a time µs', 'p99 µs');
}

export function peerLine({ peer, workers, bulk, window, medianMicros, p99Micros }: PeerRow): string {
  return line(peer, String(workers), text(bulk), text(window), text(medianMicros), p99Micros.toFixed(0));
}

function text({ median, spread: { least, most } }: Figure): string {
  return `${count(median)} (${count(least)} to ${count(most)})`;
}

function line(peer: string, workers: string, ...cells: readonly string[]): string {
  return [peer.padEnd(32), workers.padStart(7), ...cells.map((cell) => cell.padStart(30))].join('  ');
}
