/** Decides how a master shows its progress. */

import type { Configuration } from '../flags/configuration.js';

/** A master is the program, a part of another one, or driven from a prompt. */
export type MasterPlace = 'program' | 'embedded' | 'prompt';

export interface ProgressPlace {
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
  readonly place: MasterPlace;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `unable` is a line that was asked for and has no terminal. */
export function chooseProgress(
  wanted: Configuration['progress'],
  { isTerminal, place, env }: ProgressPlace,
): 'line' | 'log' | 'off' | 'unable' {
  const hasTerminal = isTerminal && place !== 'prompt' && env.TERM !== 'dumb';
  switch (wanted) {
    case 'auto': {
      const isCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
      return hasTerminal && place === 'program' && !isCi ? 'line' : 'off';
    }
    case 'line':
      return hasTerminal ? 'line' : 'unable';
    case 'log':
    case 'off':
      return wanted;
    default:
      return wanted satisfies never;
  }
}
