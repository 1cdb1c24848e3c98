/** The way to the machine of the master itself: processes that it starts. */

import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { UsageError } from '../../errors.js';
import { packedFacts } from '../../machines/bundle/packed-program.js';
import type { MachineFacts, MachineHost } from '../../machines/machine-host.js';
import { type SlaveCommand, type SlaveSurroundings, spawnSlave } from './spawn-slave.js';

const OLDEST_NODE = 20;
const ANSWER_WITHIN_MS = 10_000;

const run = promisify(execFile);

export function localHost(command: SlaveCommand, surroundings: SlaveSurroundings): MachineHost {
  return {
    open: (signal) => openLocal(surroundings, signal),
    startSlave: (onEnd) => spawnSlave({ ...command, surroundings }, onEnd),
    onLost: () => {},
    // Its processes are the master's own, which ends them
    close: async () => {},
  };
}

async function openLocal(
  { cwd, node, prologue }: SlaveSurroundings,
  signal: AbortSignal,
): Promise<MachineFacts> {
  if (cwd !== undefined && !(await isFolder(cwd))) {
    throw new UsageError(`there is no folder ${JSON.stringify(cwd)}; make it, or change cwd`);
  }
  if (prologue !== undefined && process.platform === 'win32') {
    throw new UsageError('a prologue is for /bin/sh, which Windows has not; leave it out');
  }
  const asked = node !== undefined && packedFacts()?.kind !== 'executable';
  return {
    hostname: hostname(),
    platform: process.platform,
    node: asked ? await versionOf(node, signal) : process.versions.node,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    clockOffsetMs: 0,
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function versionOf(node: string, signal: AbortSignal): Promise<string> {
  let version: string;
  try {
    const { stdout } = await run(node, ['--version'], { signal, timeout: ANSWER_WITHIN_MS });
    version = /^v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '';
  } catch (error) {
    throw new UsageError(`${node} --version fails: ${(error as Error).message}; change node`, {
      cause: error,
    });
  }
  if (version === '') throw new UsageError(`${node} is not Node, as its --version shows; change node`);
  if (Number.parseInt(version, 10) < OLDEST_NODE) {
    throw new UsageError(`${node} is Node ${version}, and slaves need ${OLDEST_NODE} or later; change node`);
  }
  return version;
}
