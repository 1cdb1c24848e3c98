/**
 * Says which master holds a checkpoint's folder, so that another one stays away: by process id and start
 * time on one machine; a holder on another machine is known by a file that it touches.
 */

import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type FileOwner, stateOf } from '../../audit/write/file-owner.js';

/** A file beside the store. */
const BEAT_FILE = 'alive';
const BEAT_MS = 2_000;
/** The time in which a holder on another machine must show a sign of life, or one on this machine may end. */
const WATCH_MS = 5_000;
const LEAVE_MS = 500;
const LOOK_MS = 50;

/** Whether the recorded holder is still alive. */
export async function isAlive(holder: FileOwner, folder: string): Promise<boolean> {
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

/** Shows from now on that the holder of a folder is alive. The returned function ends that. */
export function beginBeat(folder: string): () => void {
  const path = join(folder, BEAT_FILE);
  writeFileSync(path, '');
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // Somebody removed the folder of a running master; commits will report it.
    }
  }, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function beatOf(folder: string): number {
  return statSync(join(folder, BEAT_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** A process of this machine. If it has our process id, it was an earlier process. */
function runsHere(holder: FileOwner): boolean {
  return holder.pid !== process.pid && stateOf(holder) !== 'ended';
}
