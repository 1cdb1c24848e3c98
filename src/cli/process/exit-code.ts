/** CL-MW's rule for exit codes. */

import type { AuditSink } from '../../audit/audit-trail.js';

export const FAILURE = 255;

/** The integer from 0 to 255 that an algorithm returned; 255 for any other value, with an audit line. */
export function exitCodeOf(value: unknown, audit: AuditSink): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  audit.emit({ type: 'wrong-exit-code', value: describe(value) });
  return FAILURE;
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
