/**
 * Decides what becomes of a part whose run was lost with its slave, or took too long: one of its elements may be to
 * blame. It is cut in two, then in single elements, so that a poison element is found by name and the others are
 * computed. Each cut costs one of the runs that the policy allows.
 */

import { UnrunnableError } from '../../errors.js';
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
export function recut(part: OpenPart, error: unknown, maxAttempts: number): readonly OpenPart[] | undefined {
  if (part.end - part.start === 1 || !(error instanceof UnrunnableError)) return undefined;
  if (error.reason !== 'max-attempts' && error.reason !== 'timeout') return undefined;
  const runs = part.runs + Math.max(1, error.history.length);
  const runsLeft = maxAttempts - runs;
  if (runsLeft < 1) return undefined;
  const losses = part.losses + 1;
  const cut = (piece: Part): OpenPart => ({ ...piece, isPiece: true, losses, runs });
  return (losses === 1 && runsLeft > 1 ? halves(part) : singles(part)).map(cut);
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
