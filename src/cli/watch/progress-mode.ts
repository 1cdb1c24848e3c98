/** Decides how a master shows its progress. */

import type { Configuration } from '../flags/configuration.js';

export interface ProgressPlace {
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
  /** The master is the program, neither part of another process nor driven from a prompt. */
  readonly isProgram: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `unable` is a line that was asked for and has no terminal. */
export function chooseProgress(
  wanted: Configuration['progress'],
  { isTerminal, isProgram, env }: ProgressPlace,
): 'line' | 'log' | 'off' | 'unable' {
  const hasTerminal = isTerminal && env.TERM !== 'dumb';
  switch (wanted) {
    case 'auto': {
      const isCi = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
      return hasTerminal && isProgram && !isCi ? 'line' : 'off';
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
