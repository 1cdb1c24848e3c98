/**
 * Which master a stub speaks to. Looked for in this order:
 *
 * 1. the master whose algorithm is running, when it was entered by `enterMaster`;
 * 2. the program's master, which `initialize` runs; it is not entered, because on Node 20 every promise
 *    of a process grows slower once an AsyncLocalStorage was entered;
 * 3. the only registered master of the process.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { UsageError } from '../errors.js';
import type { Submitter } from './submitter.js';

const live = new Set<Submitter>();
let entered: AsyncLocalStorage<Submitter> | undefined;
let program: Submitter | undefined;
/** Steps 2 and 3, decided whenever a master comes or goes, so that a stub reads one variable. */
let fallback: Submitter | undefined;
/** Why the last master of the process ended, as long as no other lives. */
let lastEnd: Error | undefined;

/**
 * The master to submit to; `stub`, such as `hello.funcall`, is named in the UsageError that it throws
 * when there is none or the choice is open.
 */
export function currentSubmitter(stub = 'this call'): Submitter {
  return entered?.getStore() ?? fallback ?? refuse(stub);
}

/** Runs `fn`, and everything it awaits or schedules, with `submitter` as its master. */
export function enterMaster<T>(submitter: Submitter, fn: () => T): T {
  entered ??= new AsyncLocalStorage();
  return entered.run(submitter, fn);
}

/**
 * Makes a master known while it lives; returns what takes it out again (and may be called twice). The error
 * given to that is thrown by stubs that find no master any more.
 */
export function registerSubmitter(submitter: Submitter): (end?: Error) => void {
  live.add(submitter);
  lastEnd = undefined;
  chooseFallback();
  return (end) => {
    if (live.delete(submitter) && live.size === 0) lastEnd = end;
    chooseFallback();
  };
}

/** Says which master `initialize` runs; undefined when it has ended. */
export function setProgramSubmitter(submitter: Submitter | undefined): void {
  program = submitter;
  chooseFallback();
}

function chooseFallback(): void {
  const [first] = live;
  fallback = program ?? (live.size === 1 ? first : undefined);
}

function refuse(stub: string): never {
  if (lastEnd !== undefined) throw lastEnd;
  const why =
    live.size === 0
      ? 'no master runs in this process (a slave has none, and a master only until it stops)'
      : `${live.size} masters run in this process, and it is called outside the algorithms of all`;
  throw new UsageError(
    `${stub} needs a master, and ${why}; call it inside the master algorithm (defineMaster), ` +
      'or run it with mw.run, or keep one live master',
  );
}
