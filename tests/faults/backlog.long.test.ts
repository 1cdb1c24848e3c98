/** More wants to get through than can: a main that takes nothing for long, and a program that never stops submitting. */

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Count } from './program.js';
import { BROKER_NAMES, type BrokerName, Cluster, together, until } from './support.js';

const it = suite('backlogs');

const BLOCKED_MS = 15_000;
const KILOBYTE = 1024;
/** Megabytes that want to arrive, and kilobytes of each piece: up to 256 is one frame, more is many. */
const LOADS = [
  { megabytes: 4, piece: 64 },
  { megabytes: 32, piece: 1_024 },
  { megabytes: 48, piece: 64 },
] as const;
type Load = (typeof LOADS)[number];
/** All loads run at a time: on a busy machine that takes long, and no longer than it takes is asked here. */
const WITHIN_MS = 150_000;
const SUBMITS = 300_000;
/** Of a master with that many tasks; one with a million may take a gigabyte. */
const MOST_RESIDENT_MB = 400;

function brokerInTurn(index: number): BrokerName {
  return BROKER_NAMES[index % BROKER_NAMES.length] as BrokerName;
}

/** Main takes part in a task, so the arguments of all the others wait for it. */
async function blockedSlave(broker: BrokerName, { megabytes, piece }: Load): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const pieces = (megabytes * KILOBYTE) / piece;
  const warmUp = 2_000;
  await cluster.startMaster({
    plan: {
      steps: [
        // Widens the slave's window, so that no more than its credit holds data back.
        { submit: 'tiny', args: [1], count: warmUp },
        { take: warmUp },
        { submit: 'pace', args: [0, BLOCKED_MS] },
        { awaitBegun: 1 },
        { submit: 'swallow', args: [{ bytes: piece * KILOBYTE }], count: pieces },
      ],
    },
    flags: ['--slave-task-group', '1'],
  });
  const [slave] = await cluster.joinSlaves(1);
  const report = await cluster.finish(warmUp + 1 + pieces, { withinMs: WITHIN_MS });
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  assert.is(await slave?.exit(), 0, 'the slave is told to shut down');
}

/** The results of all tasks wait for a main that does something else. */
async function blockedMaster(broker: BrokerName, { megabytes, piece }: Load): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const pieces = (megabytes * KILOBYTE) / piece;
  await cluster.startMaster({
    plan: {
      steps: [
        { submit: 'produce', args: [piece * KILOBYTE], count: pieces },
        { awaitBegun: 1 },
        { blockMs: BLOCKED_MS },
      ],
    },
    flags: ['--slave-task-group', String(pieces), '--slave-result-group', '1'],
  });
  const [slave] = await cluster.joinSlaves(1);
  const report = await cluster.finish(pieces, { withinMs: WITHIN_MS });
  report.checkAllOk();
  report.checkNobodyLost();
  report.checkOnce();
  assert.is(await slave?.exit(), 0, 'the slave is told to shut down');
}

async function manySubmits(): Promise<void> {
  await using cluster = await Cluster.open('embedded');
  const tasks = SUBMITS;
  const master = await cluster.startMaster({
    plan: { quiet: true, steps: [{ submit: 'tiny', args: [1], count: tasks }] },
    flags: ['--slaves', '2'],
  });
  let peakMb = 0;
  await until(
    'the end of the master',
    () => {
      peakMb = Math.max(peakMb, residentMb(master.pid));
      return !master.running || undefined;
    },
    70_000,
  );
  assert.is(await master.exit(), 0, master.errors);
  const count = JSON.parse(master.output.trim()) as Count;
  assert.equal(count, { fates: tasks, ok: tasks, sum: tasks }, 'each has one fate, and it is ok');
  assert.ok(peakMb > 0 && peakMb < MOST_RESIDENT_MB, `the master takes ${peakMb} MB at its peak`);
}

/** The most that the process ever had, where the system tells; 0 when it has ended. */
function residentMb(pid: number): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

it('lose nothing of 4, 32 and 48 MB that wait for a main blocked for 15 seconds', async () => {
  await together(
    LOADS.flatMap((load, index) => [
      blockedSlave(brokerInTurn(index), load),
      blockedMaster(brokerInTurn(index + 1), load),
    ]),
  );
});

it('stay in bounded memory with 300,000 submits in a loop', manySubmits);

it.run();
