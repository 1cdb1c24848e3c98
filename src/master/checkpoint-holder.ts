/**
 * Says which master holds a checkpoint's folder, so that another one stays away: by process id and start
 * time on one machine; a holder on another machine is known by a file that it touches.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's words; undefined where there is no /proc. */
  readonly started?: string | undefined;
  /** Tells two holders of one process apart. */
  readonly token: string;
}

/** A file beside the store. */
const BEAT_FILE = 'alive';
const BEAT_MS = 2_000;
/** How long a holder on another machine is watched for a sign of life, and one here that may be ending. */
const WATCH_MS = 5_000;
const LEAVE_MS = 500;
const LOOK_MS = 50;

export function thisHolder(): Holder {
  const token = randomBytes(8).toString('hex');
  return { pid: process.pid, host: hostname(), started: startOf(process.pid), token };
}

/** Whether the holder that is on record still lives. */
export async function isAlive(holder: Holder, folder: string): Promise<boolean> {
  const here = holder.host === hostname();
  const beat = beatOf(folder);
  const deadline = performance.now() + (here ? LEAVE_MS : WATCH_MS);
  for (;;) {
    if (here && !runsHere(holder)) return false;
    if (!here && beatOf(folder) !== beat) return true;
    if (performance.now() > deadline) return here;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Begins to show that the holder of a folder lives; what it returns ends that. */
export function beginBeat(folder: string): () => void {
  const path = join(folder, BEAT_FILE);
  writeFileSync(path, '');
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // Who removes the folder of a running master knows why; commits will tell.
    }
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function beatOf(folder: string): number {
  return statSync(join(folder, BEAT_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** A process of this machine; one with the id of this process was another, before it. */
function runsHere({ pid, started }: Holder): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startOf(pid);
  return now === undefined || started === undefined || now === started;
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
