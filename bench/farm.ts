/**
 * The cost of standing servers: the time from `makeKernel` on two of them to the first result, with the program sent and
 * with it cached there, and the rate of tasks through a dialled server beside that of a local slave, in turns.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MeasuredProcess } from './measured-process.js';
import { runToEnd } from './start-up.js';
import { type Figure, figure } from './statistics.js';

const COMMAND = fileURLToPath(new URL('../lib/ts-mw.js', import.meta.url));
const FIRST = fileURLToPath(new URL('programs/first-of-servers.js', import.meta.url));
const TASKS = 50_000;
const OUTSTANDING = 64;
/** For a server to be one that stands: it starts its spare processes when nothing else happens. */
const STOOD_MS = 2000;

export interface FarmRow {
  readonly coldMs: Figure;
  readonly cachedMs: Figure;
  /** `node -e 0` in the same turns, from its start to its end: how fast processes start here. */
  readonly nodeMs: Figure;
  /** Tasks per second, group auto, 64 outstanding, one slave. */
  readonly local: Figure;
  readonly server: Figure;
  /** Of the two of one turn. */
  readonly share: Figure;
}

export async function measureFarm({ repeats }: { readonly repeats: number }): Promise<FarmRow> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
  try {
    const coldMs: number[] = [];
    const cachedMs: number[] = [];
    const nodeMs: number[] = [];
    for (let turn = 0; turn < repeats; turn++) {
      await withServers([`${folder}/one-${turn}`, `${folder}/two-${turn}`], async (addresses) => {
        coldMs.push(await firstResult(addresses));
        cachedMs.push(await firstResult(addresses));
        nodeMs.push((await runToEnd(['-e', '0'])).ms);
      });
    }
    const rates = await measureRates(folder, repeats);
    return { coldMs: figure(coldMs), cachedMs: figure(cachedMs), nodeMs: figure(nodeMs), ...rates };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureRates(
  folder: string,
  repeats: number,
): Promise<Pick<FarmRow, 'local' | 'server' | 'share'>> {
  const samples: { local: number; server: number }[] = [];
  await withServers([`${folder}/rates`], async ([address = '']) => {
    // One master at a time writes to a trail
    const withTrail = (...flags: string[]): Promise<MeasuredProcess> =>
      MeasuredProcess.start('window', [
        '--master',
        ...flags,
        '--audit-file',
        join(folder, `trail${flags[0]}`),
      ]);
    const local = await withTrail('--slaves', '1');
    const server = await withTrail('--servers', address);
    try {
      for (let turn = -1; turn < repeats; turn++) {
        const sample = { local: await rateOf(local), server: await rateOf(server) };
        if (turn >= 0) samples.push(sample);
      }
    } finally {
      await local.stop();
      await server.stop();
    }
  });
  return {
    local: figure(samples.map((one) => one.local)),
    server: figure(samples.map((one) => one.server)),
    share: figure(samples.map((one) => one.server / one.local)),
  };
}

async function rateOf(process: MeasuredProcess): Promise<number> {
  const window = { kind: 'window', tasks: TASKS, outstanding: OUTSTANDING, bytes: 0 } as const;
  return TASKS / (await process.measure(window)).seconds;
}

async function firstResult(addresses: readonly string[]): Promise<number> {
  await sleep(STOOD_MS);
  const { stdout } = await promisify(execFile)(process.execPath, [FIRST, addresses.join()]);
  return Number(stdout);
}

/** With one slot each, so that two cores are enough. */
async function withServers(
  folders: readonly string[],
  body: (addresses: readonly string[]) => Promise<void>,
): Promise<void> {
  const servers: ChildProcess[] = [];
  try {
    const addresses = await Promise.all(
      folders.map((folder) => {
        const args = [COMMAND, 'server', '--port', '0', '--slots', '1', '--folder', folder];
        const server = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
        servers.push(server);
        return addressOf(server);
      }),
    );
    await body(addresses);
  } finally {
    for (const server of servers) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
  }
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stderr as NodeJS.ReadableStream })) {
    const address = /SERVER READY (\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    stderr?.resume();
    return address;
  }
  throw new Error('a server ended before it was ready');
}

export function farmLines({ coldMs, cachedMs, nodeMs, local, server, share }: FarmRow): string[] {
  const times = (ms: Figure): string => (ms.median / nodeMs.median).toFixed(1);
  return [
    `first result of two servers  ${text(coldMs, 0)} ms, with the program there ${text(cachedMs, 0)} ms: ` +
      `${times(coldMs)} and ${times(cachedMs)} times node -e 0, ${text(nodeMs, 0)} ms`,
    `tasks per second  ${text(local, 0)} of a local slave, ${text(server, 0)} of a server's, ${text(share, 2)} of it`,
  ];
}

function text({ median, spread: { least, most } }: Figure, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
