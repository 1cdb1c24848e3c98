/**
 * The threads that this process starts are those of the packed library, also where a test has its masters and slaves from
 * `src`: to load the many files of these takes longer than most tests do. A file that is run by hand, and one that a
 * mutant has to stand, has its threads from `src` too.
 */

import type { ThreadName } from '../../src/threads/thread-texts.js';

/** Relative to the file of `src` that opens them. */
const FILES: Readonly<Record<ThreadName, string>> = {
  sentinel: '../../lib/ts-mw-sentinel.cjs',
  broker: '../../lib/ts-mw-broker.cjs',
  dashboard: '../../lib/ts-mw-dashboard.cjs',
  dial: '../../lib/ts-mw-dial.cjs',
};

Object.assign(globalThis, { TS_MW_THREAD_FILES: FILES });
