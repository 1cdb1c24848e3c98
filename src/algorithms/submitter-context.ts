/**
 * Finds the master of a stub, in this order:
 *
 * - the master whose algorithm is running, if it was entered by `enterMaster`;
 * - the program's master, which `initialize` runs. It is not entered, because on Node 20 every promise of a
 *   process gets slower after the first entry into an AsyncLocalStorage;
 * - the only registered master of the process.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { NoKernelError } from '../errors.js';
import { enterHolder, setProgramHolder } from './cell-holder.js';
import { submissionScope } from './submission-scope.js';
import type { Submitter } from './submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from './types.js';

const live = new Set<Submitter>();
let entered: AsyncLocalStorage<Submitter> | undefined;
let program: Submitter | undefined;
/**
 * The result of the last two steps, updated when a master comes or goes, so that a stub reads one variable.
 */
let fallback: Submitter | undefined;
/** The reason why the last master of the process ended, while no other is alive. */
let lastEnd: Error | undefined;

/** Where to submit tasks: the current master; inside a scope of control flow, that scope over it. Throws as `currentMaster`. */
export function currentSubmitter(stub?: string): Submitter {
  return inScope(currentMaster(stub));
}

/** Submits a task where `stub` is called, in the scope of this call if there is one. Throws as `currentMaster`. */
export function submitHere(
  stub: string,
  definition: AlgorithmDefinition,
  args: readonly unknown[],
  policy: ResolvedPolicy,
  place: string | undefined,
): TaskId {
  const master = currentMaster(stub);
  const scope = submissionScope();
  if (scope === undefined) return master.submit(definition, args, policy, place);
  return scope.submit(master, definition, args, policy, place);
}

/** The same for a future. */
export function futureHere(
  stub: string,
  definition: AlgorithmDefinition,
  args: readonly unknown[],
  policy: ResolvedPolicy,
  place: string | undefined,
): Future<unknown> {
  const master = currentMaster(stub);
  const scope = submissionScope();
  if (scope === undefined) return master.future(definition, args, policy, place);
  return scope.future(master, definition, args, policy, place);
}

/** A master, for tasks that are submitted here and now: through the scope of this call, if there is one. */
export function inScope(master: Submitter): Submitter {
  const scope = submissionScope();
  return scope === undefined ? master : scope.submitterOver(master);
}

/**
 * The master of this call, whatever its scope. Without one, or with several, throws a NoKernelError that names
 * `stub`, such as `hello.funcall`.
 */
export function currentMaster(stub = 'this call'): Submitter {
  return entered?.getStore() ?? fallback ?? refuse(stub);
}

/** Runs `fn`, and everything it awaits or schedules, with `submitter` as its master. */
export function enterMaster<T>(submitter: Submitter, fn: () => T): T {
  entered ??= new AsyncLocalStorage();
  return entered.run(submitter, enterHolder, submitter.cells, fn);
}

/**
 * Makes a master known while it is alive. Returns a function that removes it (and may be called twice). Stubs
 * that find no other master throw the error given to that function.
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

/** Sets the master that `initialize` runs; undefined when it has ended. */
export function setProgramSubmitter(submitter: Submitter | undefined): void {
  program = submitter;
  setProgramHolder(submitter?.cells);
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
  throw new NoKernelError(
    `${stub} needs a master, and ${why}; call it inside the master algorithm (defineMaster), ` +
      'or run it with mw.run or withKernel, or keep one live master',
  );
}
