/** Opens the audit trail that a configuration asks for. */

import { type AuditTrail, createAuditTrail } from '../../audit/audit-trail.js';
import { createListenedTrail } from '../../audit/memory-trail.js';
import { claimTrail, type TrailClaim } from '../../audit/write/trail-claim.js';
import type { Configuration } from '../flags/configuration.js';

/** The destination of lines without `--audit-file`; listeners are called in any case. */
export type OtherwiseTo = 'standard-error' | 'listeners-only';

/** @throws FlagError naming `--audit-file` when the file cannot be opened, or when another master writes to it. */
export function openTrail(configuration: Configuration, otherwise: OtherwiseTo): AuditTrail {
  const { role, auditFile: file, auditToStandardError, auditFormat: format } = configuration;
  const toListeners = file === undefined && !auditToStandardError && otherwise === 'listeners-only';
  if (toListeners) return createListenedTrail();
  const claim = role === 'master' && file !== undefined ? claimTrail(file) : undefined;
  try {
    const trail = createAuditTrail({ file, format, rotation: configuration.auditRotation });
    return claim === undefined ? trail : claimed(trail, claim);
  } catch (error) {
    claim?.release();
    throw error;
  }
}

function claimed(trail: AuditTrail, claim: TrailClaim): AuditTrail {
  return { ...trail, close: () => trail.close().finally(() => claim.release()) };
}
