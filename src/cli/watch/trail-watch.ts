/** Runs `--audit-watch`: shows how far the master is whose trail another process writes. */

import { isatty } from 'node:tty';
import { followTrailFile } from '../../audit/read/follow-trail-file.js';
import { UsageError } from '../../errors.js';
import { Picture } from '../../picture/picture.js';
import { progressOf } from '../../picture/progress.js';
import { progressLine } from './progress-line.js';
import { showLine } from './show-line.js';

/** Where no terminal shows the line, it is written so often if it has changed. */
const WRITE_EVERY_MS = 10_000;
const STDERR = 2;
const INTERRUPTED = 130;

/**
 * Shows the line at the foot of the terminal, and the last one on standard output. Without a terminal the line goes to
 * standard output whenever it has changed, every ten seconds at most. Returns 0 when the trail comes to the last line of
 * its master, 130 after Ctrl-C. Throws UsageError if the file cannot be read or is not a trail of a master.
 */
export async function watchTrail(path: string): Promise<number> {
  let picture = new Picture();
  let isCurrent = false;
  let heardMs = Date.now();
  let written = '';
  const interrupted = new AbortController();
  const textOf = (columns: number, coloured = false): string =>
    progressLine(progressOf(picture, picture.isFinished ? picture.lastMs : Date.now()), {
      columns,
      coloured,
      silentSeconds: picture.isFinished ? 0 : (Date.now() - Math.max(picture.lastMs, 0)) / 1_000,
      linesDropped: picture.counts.linesDropped,
    });
  const writeLine = (): void => {
    const text = textOf(Number.POSITIVE_INFINITY);
    if (text !== written) process.stdout.write(`${text}\n`);
    written = text;
  };
  const stop = isatty(STDERR)
    ? showLine(({ columns, coloured }) => (isCurrent ? textOf(columns, coloured) : undefined), 0)
    : writeEvery(() => isCurrent && writeLine());
  const onSignal = (): void => interrupted.abort();
  process.on('SIGINT', onSignal);
  try {
    const reader = followTrailFile(path, {
      signal: interrupted.signal,
      onCaughtUp: () => {
        if (picture.counts.events === 0 && Date.now() - heardMs > NO_TRAIL_MS) throw notOfMaster(path);
        isCurrent = picture.counts.events > 0;
        return picture.isFinished;
      },
    });
    for await (const { event, timeMs } of reader) {
      if (event.type === 'init') {
        if (event.role !== 'master') throw notOfMaster(path);
        picture = new Picture();
      }
      picture.take(event, timeMs);
      heardMs = Date.now();
    }
  } finally {
    stop();
    process.off('SIGINT', onSignal);
  }
  writeLine();
  return interrupted.signal.aborted ? INTERRUPTED : 0;
}

/** A file without one line of ours for so long is no trail. */
const NO_TRAIL_MS = 5_000;

function notOfMaster(path: string): UsageError {
  return new UsageError(`${path} has no lines of a master; give the trail of the master's process`);
}

function writeEvery(act: () => void): () => void {
  const timer = setInterval(act, WRITE_EVERY_MS).unref();
  return () => clearInterval(timer);
}
