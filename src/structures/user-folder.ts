/** The folders of this user that desktops and containers move by variables. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const IN_HOME = { XDG_CACHE_HOME: ['.cache'], XDG_STATE_HOME: ['.local', 'state'] } as const;

/**
 * The folder that the variable names, if its path is absolute (the XDG specification ignores others), or its place in the
 * home; undefined for a user without a home, as in a container: no HOME, and a number that the system has no name for.
 */
export function userFolder(
  variable: keyof typeof IN_HOME,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const named = env[variable] ?? '';
  if (isAbsolute(named)) return named;
  const home = homeFolder();
  return isAbsolute(home) ? join(home, ...IN_HOME[variable]) : undefined;
}

function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
