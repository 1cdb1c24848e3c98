/** The audit file of slaves that run where their master's is. */

import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configuration } from './configuration.js';

/** Names of what a process has open, which another process does not have, and devices: nothing is made among them. */
const OF_SYSTEM = /^\/(dev|proc)\//;

/** Beside the master's file; the device or pipe that it is; or standard error as the master's. */
export function auditFileOfSlaves({ auditFile, auditToStandardError }: Configuration): string | undefined {
  if (auditFile !== undefined) return besideOrSame(auditFile);
  return auditToStandardError ? '-' : undefined;
}

function besideOrSame(path: string): string {
  const ofSystem = OF_SYSTEM.test(resolve(path));
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) return real;
  } catch {
    // Not there yet, or open in the master alone
  }
  return ofSystem ? '-' : `${path}.slaves`;
}
