/** Opens the audit trail that a configuration asks for. */

import { type AuditTrail, createAuditTrail } from '../../audit/audit-trail.js';
import { createListenedTrail } from '../../audit/memory-trail.js';
import type { Configuration } from '../flags/configuration.js';

/** The destination of lines without `--audit-file`; listeners are called in any case. */
export type OtherwiseTo = 'standard-error' | 'listeners-only';

/** @throws FlagError naming `--audit-file` when the file cannot be opened. */
export function openTrail(
  { auditFile: file, auditToStandardError, auditFormat: format, auditRotation: rotation }: Configuration,
  otherwise: OtherwiseTo,
): AuditTrail {
  const toListeners = file === undefined && !auditToStandardError && otherwise === 'listeners-only';
  return toListeners ? createListenedTrail() : createAuditTrail({ file, format, rotation });
}
