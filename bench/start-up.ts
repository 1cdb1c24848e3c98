/** The time to start: node alone, `--help`, and a slave until its first task, beside a master that waits. */

import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type EmbeddedMaster, master } from 'ts-mw';
import { firstTask } from './programs/first-task.js';
import { median } from './statistics.js';

const PROGRAM = fileURLToPath(new URL('programs/first-task.js', import.meta.url));
const HELLO = fileURLToPath(new URL('../examples/hello-world.js', import.meta.url));
const QUIET: SpawnOptions = { stdio: 'ignore' };

export interface StartUpRow {
  /** Medians, from the call that starts the process. */
  readonly nodeMs: number;
  readonly helpMs: number;
  readonly slaveMs: number;
  /** Means of user and system time; of node alone and of `--help` to their end. NaN where there is no /proc. */
  readonly nodeCpuMs: number;
  readonly helpCpuMs: number;
  readonly slaveCpuMs: number;
  /** Of the slave at its first task. */
  readonly residentBytes: number;
}

export interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
}

/** In turns, so that other load meets all alike. */
export async function measureStartUp({ repeats }: { readonly repeats: number }): Promise<StartUpRow> {
  await using mw = await master();
  const node: Taken[] = [];
  const help: Taken[] = [];
  const slaves: (Taken & { readonly residentBytes: number })[] = [];
  for (let i = 0; i < repeats; i++) {
    node.push(await runToEnd(['-e', '0']));
    help.push(await runToEnd([HELLO, '--help']));
    slaves.push(await startSlave(mw));
  }
  const of = <T>(rows: readonly T[], what: (row: T) => number): number => median(rows.map(what));
  const mean = <T>(rows: readonly T[], what: (row: T) => number): number =>
    rows.reduce((sum, row) => sum + what(row), 0) / rows.length;
  return {
    nodeMs: of(node, ({ ms }) => ms),
    helpMs: of(help, ({ ms }) => ms),
    slaveMs: of(slaves, ({ ms }) => ms),
    nodeCpuMs: mean(node, ({ cpuMs }) => cpuMs),
    helpCpuMs: mean(help, ({ cpuMs }) => cpuMs),
    slaveCpuMs: mean(slaves, ({ cpuMs }) => cpuMs),
    residentBytes: of(slaves, ({ residentBytes }) => residentBytes),
  };
}

/** Until the process has ended. */
export async function runToEnd(args: readonly string[]): Promise<Taken> {
  const before = childrenCpuMs();
  const began = performance.now();
  await once(spawn(process.execPath, args, QUIET), 'exit');
  return { ms: performance.now() - began, cpuMs: childrenCpuMs() - before };
}

/** Of the children that have ended, in the kernel's ticks of 10 ms. */
function childrenCpuMs(): number {
  if (!existsSync('/proc/self/stat')) return Number.NaN;
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // Behind the name, which may hold anything: the 16th and 17th field of all
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

async function startSlave(mw: EmbeddedMaster): Promise<Taken & { readonly residentBytes: number }> {
  const told = mw.run(() => firstTask.future());
  const port = String(mw.masterPort);
  const began = performance.timeOrigin + performance.now();
  const args = [PROGRAM, '--slave', '--master-port', port, '--audit-file', devNull];
  const slave = spawn(process.execPath, args, QUIET);
  const ended = once(slave, 'exit');
  const { beganAt, cpuMs, residentBytes } = await told;
  slave.kill('SIGTERM');
  await ended;
  return { ms: beganAt - began, cpuMs, residentBytes };
}

export function startUpLines(row: StartUpRow): string[] {
  const line = (what: string, ms: number, cpuMs: number, more = ''): string =>
    `${what.padEnd(22)}  ${ms.toFixed(0).padStart(5)} ms  ${cpuMs.toFixed(0).padStart(5)} ms CPU, ${(cpuMs / row.nodeCpuMs).toFixed(2)} times node's${more}`;
  return [
    line('node -e 0', row.nodeMs, row.nodeCpuMs),
    line('--help', row.helpMs, row.helpCpuMs),
    line(
      'a slave to first task',
      row.slaveMs,
      row.slaveCpuMs,
      `  ${(row.residentBytes / 1e6).toFixed(0)} MB resident`,
    ),
  ];
}
