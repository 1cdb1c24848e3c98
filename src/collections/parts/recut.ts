/**
 * Decides what becomes of a part that failed. If its run was lost with its slave, or took too long, one of its elements
 * may be to blame: it is cut in two, then in single elements, so that a poison element is found by name and the others
 * are computed. If an element threw and its policy repeats that, single elements are repeated. Each cut costs one of the
 * runs that the policy allows.
 */

import type { ResolvedPolicy } from '../../algorithms/types.js';
import { TaskError, UnrunnableError } from '../../errors.js';
import type { Part } from './part-cutter.js';

/** A part, and what happened to its elements before. */
export interface OpenPart extends Part {
  /** Whether it was cut from a part that the cutter gave. */
  readonly isPiece: boolean;
  /** How often it was cut after a loss. */
  readonly losses: number;
  /** Runs of its elements that have begun before. */
  readonly runs: number;
}

/** The parts to compute instead; undefined if the error is the fate of its elements. */
export function recut(
  part: OpenPart,
  error: unknown,
  { maxAttempts, retryErrors }: Pick<ResolvedPolicy, 'maxAttempts' | 'retryErrors'>,
): readonly OpenPart[] | undefined {
  if (part.end - part.start === 1) return undefined;
  // A future among the elements failed: no run of the part has begun
  if (error instanceof UnrunnableError && error.reason === 'dependency') return halve(part);
  const isRepeated = error instanceof TaskError && !error.final && retryErrors !== false;
  const lost = isLost(error) ? Math.max(1, error.history.length) : 0;
  if (!isRepeated && lost === 0) return undefined;
  const runs = part.runs + Math.max(1, lost);
  const runsLeft = maxAttempts - runs;
  if (runsLeft < 1) return undefined;
  const losses = part.losses + (lost > 0 ? 1 : 0);
  const pieces = lost > 0 && losses === 1 && runsLeft > 1 ? halves(part) : singles(part);
  return pieces.map((piece) => ({ ...piece, isPiece: true, losses, runs }));
}

function isLost(error: unknown): error is UnrunnableError {
  return error instanceof UnrunnableError && (error.reason === 'max-attempts' || error.reason === 'timeout');
}

/** The elements of a part beside the one that failed, each alone: that part has begun, and ended there. */
export function without(part: OpenPart, failed: Part): readonly OpenPart[] {
  const { losses, runs } = part;
  return singles(part)
    .filter(({ start }) => start < failed.start || start >= failed.end)
    .map((piece) => ({ ...piece, isPiece: true, losses, runs: runs + 1 }));
}

/** The same elements in two messages, if one would be too large. */
export function halve(part: OpenPart): readonly OpenPart[] {
  return halves(part).map((piece) => ({ ...part, ...piece, isPiece: true }));
}

function halves({ start, end }: Part): Part[] {
  const middle = Math.ceil((start + end) / 2);
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

function singles({ start, end }: Part): Part[] {
  return Array.from({ length: end - start }, (_, offset) => ({
    start: start + offset,
    end: start + offset + 1,
  }));
}
