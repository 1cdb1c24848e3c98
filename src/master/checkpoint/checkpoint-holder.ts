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
/** How long a holder on another machine is watched for a sign of life, and one here that may be ending. */
const WATCH_MS = 5_000;
const LEAVE_MS = 500;
const LOOK_MS = 50;

/** Whether the holder that is on record still lives. */
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
function runsHere(holder: FileOwner): boolean {
  return holder.pid !== process.pid && stateOf(holder) !== 'ended';
}
