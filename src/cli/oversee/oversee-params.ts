/** Reads the options of `ts-mw oversee`. */

import { availableParallelism } from 'node:os';
import { FlagError } from '../../errors.js';
import { parseNatural, parseSeconds, parseText } from '../flags/flag-values.js';
import type { OverseeParams } from './oversee.js';

interface OverseeOptions {
  readonly resourceFile: string;
  readonly minSlaves: string;
  readonly maxSlaves?: string | undefined;
  readonly wait: string;
}

const MOST_SLAVES = 1024;

/** Throws FlagError. */
export function overseeParams({ resourceFile, minSlaves, maxSlaves, wait }: OverseeOptions): OverseeParams {
  const bounds = { from: 0, to: MOST_SLAVES };
  const least = parseNatural('--min-slaves', minSlaves, bounds, '2');
  const most =
    maxSlaves === undefined
      ? Math.max(least, availableParallelism())
      : parseNatural('--max-slaves', maxSlaves, { ...bounds, from: 1 }, '8');
  if (least > most) {
    throw new FlagError('--min-slaves', `expected at most ${most}, the value of --max-slaves, got ${least}`);
  }
  return {
    resourceFile: parseText('--resource-file', resourceFile, 'FILE'),
    minSlaves: least,
    maxSlaves: most,
    waitMs: parseSeconds('--wait', wait, 'forever') || Number.POSITIVE_INFINITY,
  };
}
