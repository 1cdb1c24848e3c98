/** Prints exceptions on standard error: errors of ts-mw in one line, others with their stack. */

import { LIBRARY_FOLDER } from '../../algorithms/call-site.js';
import {
  CheckpointError,
  FlagError,
  MwError,
  ScopeCancelledError,
  StoppedError,
  scopePathOf,
  TaskError,
  type TaskIdentity,
  UnrunnableError,
} from '../../errors.js';
import { valueText } from '../../structures/value-text.js';

const MOST_CAUSES = 10;
/** Of an AggregateError. */
const MOST_MEMBERS = 3;
/** The library's path in programs, on any machine. */
const PACKAGE = /[/\\]node_modules[/\\]ts-mw[/\\]/;

/** One line for our own errors; the stack for unexpected ones. */
export function describeOwn(error: unknown): string {
  return error instanceof MwError ? error.message : stackOf(error);
}

/**
 * An exception that an algorithm did not catch. An algorithm reads its own flags, and reports wrong ones as
 * we do. For a failed task, the text first identifies it. Everything else is a fault in the algorithm.
 */
export function describeThrown(error: unknown): string {
  if (error instanceof FlagError || error instanceof CheckpointError || error instanceof StoppedError) {
    return error.message;
  }
  const [stopped] = error instanceof AggregateError ? error.errors : [];
  // Of Promise.any: no other future was rejected before
  if (stopped instanceof StoppedError) return stopped.message;
  return `${componentOf(error)}${describeWith(error, MOST_CAUSES)}`;
}

/** Which part of the program's control flow failed; a cancellation says it itself. */
function componentOf(error: unknown): string {
  const path = error instanceof ScopeCancelledError ? undefined : scopePathOf(error);
  return path === undefined ? '' : `in ${path}: `;
}

/** The reason of a promise that was rejected while nobody awaited it. */
export function describeUnawaited(error: unknown): string {
  if (!(error instanceof TaskError || error instanceof UnrunnableError)) return describeThrown(error);
  const advice =
    'nothing awaited its future then; await futures together, with Promise.all or Promise.allSettled ' +
    '(which waits for the others too), or give each a catch where it is made';
  return `${whichTask(error)}; ${advice}\n${detailsOf(error)}`;
}

function whichTask(error: TaskError | UnrunnableError): string {
  const { taskId, algorithm } = error;
  const which = `${taskId} of ${algorithm}`;
  if (error instanceof UnrunnableError) return `${which} is unrunnable (${error.reason})${placeOf(error)}`;
  return `${which} failed on ${error.sid}, attempt ${error.attempt}${placeOf(error)}`;
}

function placeOf({ submittedAt }: TaskIdentity): string {
  return submittedAt === undefined ? '' : `, submitted at ${submittedAt}`;
}

/** The remote stack; for an unrunnable task, which has none, its runs. */
function detailsOf(error: TaskError | UnrunnableError, most = MOST_CAUSES): string {
  if (error instanceof TaskError) return stackOf(error, most);
  const runs = error.history.map(
    ({ sid, host, pid, attempt, evidence }) => `\n    #${attempt} on ${sid} (${host}:${pid}): ${evidence}`,
  );
  return `${error.name}: ${error.message}${runs.join('')}${causesOf(error, most)}`;
}

function stackOf(error: unknown, most = MOST_CAUSES): string {
  if (!(error instanceof Error)) return `thrown: ${valueText(error)}`;
  return `${ownFramesLeftOut(error.stack ?? error.message)}${causesOf(error, most)}`;
}

function describeWith(cause: unknown, most: number): string {
  return cause instanceof TaskError || cause instanceof UnrunnableError
    ? `${whichTask(cause)}\n${detailsOf(cause, most)}`
    : stackOf(cause, most);
}

/** An AggregateError is caused by each of its members. */
function causesOf(error: Error, most: number): string {
  const members: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const causes = error.cause === undefined ? members : [error.cause, ...members];
  if (most === 0) return '';
  // A tree of them grows with its breadth: each member gets few levels
  const left = members.length > 0 ? most >> 2 : most - 1;
  const shown = causes.slice(0, MOST_MEMBERS).map((cause) => `\n  caused by ${describeWith(cause, left)}`);
  if (causes.length > MOST_MEMBERS) shown.push(`\n  and by ${causes.length - MOST_MEMBERS} others`);
  return shown.join('');
}

/** A stack that would lose all its frames stays whole. */
function ownFramesLeftOut(stack: string): string {
  const lines = stack.split('\n');
  const kept = lines.filter((line) => !isOurFrame(line));
  while (/^ +at .*\(?node:internal\//.test(kept.at(-1) ?? '')) kept.pop();
  return kept.some((line) => /^ +at /.test(line)) || lines.length === kept.length ? kept.join('\n') : stack;
}

function isOurFrame(line: string): boolean {
  if (!/^ +at /.test(line)) return false;
  return (LIBRARY_FOLDER !== undefined && line.includes(LIBRARY_FOLDER)) || PACKAGE.test(line);
}
