/** Says which process holds a file that one at a time may have, and whether it is still there. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process as it is named to others, also on other machines and later. */
export interface NamedProcess {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's words; undefined where there is no /proc. */
  readonly started?: string | undefined;
}

export interface FileOwner extends NamedProcess {
  /** Tells two holders of one process apart. */
  readonly token: string;
}

/** With a token of its own at each call. */
export function thisOwner(): FileOwner {
  const token = randomBytes(8).toString('hex');
  return { ...thisProcess(), token };
}

export function thisProcess(): NamedProcess {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) };
}

/**
 * Whether the process lives. `unknown` is one of another machine, and one with the holder's id where nobody
 * can say whether the id has gone to another process meanwhile.
 */
export function stateOf({ host, pid, started }: NamedProcess): 'running' | 'ended' | 'unknown' {
  if (host !== hostname()) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'ended';
  }
  const now = startOf(pid);
  if (now === undefined || started === undefined) return 'unknown';
  return now === started ? 'running' : 'ended';
}

/** `BOOT TICKS` of a process; `ended` of a zombie; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the command in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
