/** Names the process that holds an exclusive file, and says whether it is still there. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process as it is named to others, including those on other machines and in the future. */
export interface NamedProcess {
  readonly pid: number;
  readonly host: string;
  /** The start of the process, in the kernel's words; undefined without /proc. */
  readonly started?: string | undefined;
}

export interface FileOwner extends NamedProcess {
  /** Distinguishes two holders in one process. */
  readonly token: string;
}

/** Each call makes a new token. */
export function thisOwner(): FileOwner {
  const token = randomBytes(8).toString('hex');
  return { ...thisProcess(), token };
}

/** From what `JSON.stringify` has made of one; undefined if it is being written, or its writer died while writing it. */
export function parseOwner(text: string): FileOwner | undefined {
  try {
    const { pid, host, started, token } = JSON.parse(text) as Partial<FileOwner>;
    if (!(Number(pid) > 0) || typeof host !== 'string' || !/^[0-9a-f]+$/.test(token ?? '')) return undefined;
    return { pid: Number(pid), host, started, token: token as string };
  } catch {
    return undefined;
  }
}

export function thisProcess(): NamedProcess {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) };
}

/**
 * Whether the process is alive. `unknown` means that it is on another machine, or that another process may
 * have its id by now.
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

/** `BOOT TICKS` of a process; `ended` of a zombie; undefined without /proc. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The text after the command in parentheses, which may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
