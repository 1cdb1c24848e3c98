/** Begins a call of the program: finds its master, its task and the place of the call, and runs its parts. */

import { placeAbove } from '../../algorithms/call-site.js';
import type { OperationName } from '../../algorithms/operations.js';
import type { Submitter } from '../../algorithms/submitter.js';
import { currentSubmitter } from '../../algorithms/submitter-context.js';
import type { ResolvedPolicy } from '../../algorithms/types.js';
import type { PartOptions } from './options.js';
import { PartCutter } from './part-cutter.js';
import { PartRun, type PartRunParams } from './part-run.js';
import { type ResolvedTask, resolveTask } from './task.js';

/** One call of the program. */
export interface Call {
  /** Its name, for messages. */
  readonly stub: string;
  readonly submitter: Submitter;
  readonly task: ResolvedTask;
  readonly place: string | undefined;
  readonly options: PartOptions;
}

type Stub = (...args: never[]) => unknown;

/** Throws InvalidTaskError, and UsageError without a master; `stub` is on the stack. */
export function openCall(stub: Stub, task: unknown, options: PartOptions): Call {
  const resolved = resolveTask(stub.name, task, options.policy);
  const submitter = currentSubmitter(stub.name);
  return { stub: stub.name, submitter, task: resolved, place: placeAbove(stub), options };
}

interface RunOfCallParams
  extends Pick<PartRunParams, 'argumentsOf' | 'take' | 'takeError'>,
    Partial<Pick<PartRunParams, 'task' | 'keyName'>> {
  readonly operation: OperationName;
  readonly length: number;
  /** Hears of each part that was cut. */
  readonly onCut?: PartRunParams['onCut'];
  /** The index of the first element in the source; 0 by default. */
  readonly base?: number;
}

/** Runs the parts of a call over `length` elements. */
export function runOfCall(call: Call, params: RunOfCallParams): PartRun {
  const { submitter, place, options } = call;
  const { length, base = 0, task = call.task, keyName } = params;
  let done = 0;
  const count = (elements: number): void => {
    done += elements;
    options.onProgress?.({ done, total: length });
  };
  const { operation, argumentsOf, onCut, take, takeError } = params;
  return new PartRun({
    submitter,
    task,
    keyName,
    operation,
    place,
    base,
    argumentsOf,
    onCut,
    signal: options.signal,
    cutter: cutterOf({ ...call, task }, length),
    take: (part, packet) => {
      take(part, packet);
      count(part.end - part.start);
    },
    takeError: (error, part) => {
      takeError(error, part);
      count(part.end - part.start);
    },
  });
}

export function cutterOf({ submitter, task, options }: Call, length: number): PartCutter {
  const { parts = 'auto' } = options;
  const isSingle = parts === 'auto' && isForSingles(task.policy);
  return new PartCutter({
    length,
    parts,
    keepsResults: submitter.keepsResults,
    mostSize: isSingle ? 1 : Number.POSITIVE_INFINITY,
    now: performance.now(),
  });
}

/** Any error ends the call. */
export function throwError(error: Error): never {
  throw error;
}

/** Limits and repetitions of single runs are meant for single elements, and so is a number of begins in a second. */
export function isForSingles({ retryErrors, timeoutSeconds, queue }: ResolvedPolicy): boolean {
  return retryErrors !== false || timeoutSeconds !== undefined || queue?.perSecond !== undefined;
}
