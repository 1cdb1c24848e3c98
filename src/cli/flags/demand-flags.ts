/** The flags that say how many slaves a master's farm should have. */

import { FlagError } from '../../errors.js';

/** Undefined if each machine has all its slaves all the time. */
export interface DemandFlags {
  readonly minSlaves: number;
  /** `Infinity` for as many as the machines have slots. */
  readonly maxSlaves: number;
  readonly finishWithinMs: number | undefined;
}

interface Given {
  readonly slaves: number | undefined;
  readonly hasFarm: boolean;
  readonly minSlaves: number | undefined;
  readonly maxSlaves: number | undefined;
  readonly finishWithinMs: number | undefined;
}

/** The most slaves that a master takes. */
export const MOST_SLAVES = 16_384;
/** Of one machine. */
export const MOST_LOCAL_SLAVES = 1024;

export function demandOf({ minSlaves, maxSlaves, finishWithinMs }: Given): DemandFlags | undefined {
  if (minSlaves === undefined && maxSlaves === undefined && finishWithinMs === undefined) return undefined;
  if (minSlaves !== undefined && maxSlaves !== undefined && minSlaves > maxSlaves) {
    throw new FlagError(
      '--min-slaves',
      `expected at most ${maxSlaves}, the value of --max-slaves, got ${minSlaves}; change one of the two`,
    );
  }
  return { minSlaves: minSlaves ?? 0, maxSlaves: maxSlaves ?? Number.POSITIVE_INFINITY, finishWithinMs };
}

/** The slots of the local machine: without other machines, `--max-slaves` alone means local slaves. */
export function localSlotsOf({ slaves, hasFarm, maxSlaves }: Given): number {
  return slaves ?? (hasFarm || maxSlaves === undefined ? 0 : Math.min(maxSlaves, MOST_LOCAL_SLAVES));
}

/** A warning if slaves are wanted, and there is no machine for them. */
export function warnOfNoMachine(given: Given): string | undefined {
  const { minSlaves, finishWithinMs, hasFarm } = given;
  const flag =
    minSlaves !== undefined ? '--min-slaves' : finishWithinMs !== undefined ? '--finish-within' : undefined;
  if (flag === undefined || hasFarm || localSlotsOf(given) > 0) return undefined;
  return `${flag}: no machine has slots for slaves unless the program registers one; type --max-slaves N, --slaves N or --farm FILE`;
}
