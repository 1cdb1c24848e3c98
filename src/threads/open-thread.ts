/**
 * Starts the library's own threads: each from its own file, or from its text if a bundler left the file out.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { MwError } from '../errors.js';
import { sourceUrl, takePreparedThread } from './prepared-thread.js';
import type { ThreadName } from './thread-texts.js';

/** The places of the files, relative to this one; set when the library is packed. */
declare const TS_MW_THREAD_FILES: Readonly<Record<ThreadName, string>> | undefined;

const FILES: Readonly<Record<ThreadName, string>> =
  typeof TS_MW_THREAD_FILES === 'undefined'
    ? {
        sentinel: '../link/sentinel/sentinel-thread.js',
        broker: '../broker/thread.js',
        dial: '../machines/dial/dial-thread.js',
        dashboard: '../dashboard/thread.js',
      }
    : TS_MW_THREAD_FILES;

/**
 * Without the flags of the process: the library's threads do not need a program's `--import`, which would load everything
 * again. It keeps the process alive.
 */
export async function openThread(name: ThreadName, options: WorkerOptions = {}): Promise<Worker> {
  const all = { name, argv: [], execArgv: [], ...options };
  const file = fileOf(name);
  if (file !== undefined) return new Worker(file, all);
  const text = await textOf(name);
  const prepared = takePreparedThread(name, text);
  prepared?.ref();
  return prepared ?? new Worker(text + sourceUrl(name), { ...all, eval: true });
}

/** A file whose text is the thread's in `THREAD_TEXTS`; undefined where the library is not packed, or without files. */
export function packedThreadFile(name: ThreadName): string | undefined {
  const file = typeof TS_MW_THREAD_FILES === 'undefined' ? undefined : fileOf(name);
  return file && fileURLToPath(file);
}

/** Undefined if it is missing: in a bundle, or in an executable made by `dump-exec`. */
function fileOf(name: ThreadName): URL | undefined {
  // A bundle in CommonJS has no `import.meta`
  const here = import.meta.url as string | undefined;
  if (here === undefined) return undefined;
  const url = new URL(FILES[name], here);
  return existsSync(url) ? url : undefined;
}

/** A script that requires only Node's own modules. */
async function textOf(name: ThreadName): Promise<string> {
  const { THREAD_TEXTS } = await import('./thread-texts.js');
  const text = THREAD_TEXTS?.[name];
  if (text === undefined) {
    throw new MwError(
      'ERR_MW_THREAD',
      `the file of the ${name} thread is missing; install ts-mw again, or bundle the ts-mw that npm pack makes`,
    );
  }
  return text;
}
