/** `--farm-check`: reaches each machine, starts one slave there, and says in a table what came of it. */

import { devNull } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineView } from '../../machines/farm/machine.js';
import type { Configuration } from '../flags/configuration.js';
import { RunningMaster } from '../master/run-master.js';
import { programFile } from '../process/one-executable.js';
import { openTrail } from '../trail/open-trail.js';

/** Beyond the times in which a machine is reached and qualified. */
const DECIDE_WITHIN_MS = 190_000;
const LOOK_MS = 50;
/** Clocks that differ more are told. */
const CLOCK_MS = 1_000;
const UNDECIDED = new Set<MachineView['state']>(['unknown', 'starting', 'validating']);

/** Prints the table; returns the exit code: 1 if a machine is not ready, or there is none. Throws if the master cannot start. */
export async function checkFarm(configuration: Configuration): Promise<number> {
  const audit = openTrail(configuration, 'listeners-only');
  const running = await RunningMaster.start({
    configuration: forCheck(configuration),
    audit,
    program: programFile(process.argv[1]),
    isChecked: true,
    slaveAuditFile: configuration.auditFile === undefined ? devNull : undefined,
  });
  let views: readonly MachineView[];
  try {
    const deadline = performance.now() + DECIDE_WITHIN_MS;
    for (;;) {
      views = running.handle.machines();
      if (!views.some(({ state }) => UNDECIDED.has(state)) || performance.now() > deadline) break;
      await sleep(LOOK_MS);
    }
  } finally {
    await running.end({ by: 'stop' });
    await audit.close();
  }
  process.stdout.write(farmTable(views));
  return views.length > 0 && views.every(({ state }) => state === 'ready') ? 0 : 1;
}

/** It has nothing in common with a master that runs now, but the machines. */
function forCheck(configuration: Configuration): Configuration {
  const { dataPort } = configuration;
  return {
    ...configuration,
    masterPort: 0,
    dataPort: dataPort === 'none' ? dataPort : undefined,
    resourceFile: undefined,
    checkpoint: undefined,
    metrics: undefined,
    metricsFile: undefined,
    demand: undefined,
  };
}

const HEADING = ['machine', 'reached', 'node', 'cores', 'slots', 'memory', 'clock', 'program'];

/** A line for each machine, and the reasons of those that are not ready below. */
function farmTable(views: readonly MachineView[]): string {
  if (views.length === 0) {
    return 'there is no machine to check; type --farm FILE, --servers HOST:PORT, or --slaves N for the machine of the master\n';
  }
  const rows = [HEADING, ...views.map(rowOf)];
  const widths = HEADING.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
  const reasons = views
    .filter(({ state }) => state !== 'ready')
    .map(({ name, state, reason = `it is still ${state}` }) => `${name}: ${reason}`);
  return [...lines, ...(reasons.length === 0 ? [] : ['', ...reasons]), ''].join('\n');
}

function rowOf({ name, facts, state, slots }: MachineView): string[] {
  if (facts === undefined)
    return [name, 'no', '-', '-', slots === undefined ? '-' : String(slots), '-', '-', '-'];
  const { node, cores, memoryBytes, clockOffsetMs } = facts;
  return [
    name,
    'yes',
    node,
    String(cores),
    String(slots),
    `${(memoryBytes / 2 ** 30).toFixed(1)} GB`,
    clockOf(clockOffsetMs),
    state === 'ready' ? 'runs' : 'fails',
  ];
}

/** Milliseconds are noise of the way to the machine. */
function clockOf(offsetMs: number): string {
  if (Math.abs(offsetMs) < CLOCK_MS) return 'right';
  return `${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs > 0 ? 'ahead' : 'behind'}`;
}
