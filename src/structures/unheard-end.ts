/**
 * Promises of calls that a cancelled scope or an ended master has ended. Nobody need hear of that: the program did it, and is
 * told where it waits. Any other error that nobody hears ends the process, as Node has it.
 */

import { ScopeCancelledError, StoppedError, UnrunnableError } from '../errors.js';

/** The promise of a call, which need not be awaited if it is ended. */
export function mayEndUnheard<T>(run: () => Promise<T>): Promise<T> {
  const promise: Promise<T> = run().catch((error: unknown) => {
    noteEnd(promise, error);
    throw error;
  });
  return promise;
}

/** Call it before the promise rejects with the error. */
export function noteEnd(promise: Promise<unknown>, error: unknown): void {
  if (isEnd(error)) promise.catch(() => {});
}

function isEnd(error: unknown): boolean {
  // Of a task that was cancelled with its scope
  if (error instanceof UnrunnableError) return error.cause instanceof ScopeCancelledError;
  return error instanceof ScopeCancelledError || error instanceof StoppedError;
}
