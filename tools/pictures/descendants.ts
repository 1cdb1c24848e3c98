/** Finds the processes that a process started, and those that they started, by Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Parents stand before their children. A process that ends meanwhile is left out. */
export function descendants(pid: number): RunningProcess[] {
  return childrenOf(pid).flatMap((child) => [{ pid: child, argv: argvOf(child) }, ...descendants(child)]);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
