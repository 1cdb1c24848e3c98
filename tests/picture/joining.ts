/** The event of a slave that joins, for lives that tests write down. */
import type { AuditEvent } from '../../src/audit/events.js';

export function joining(number: number, host: string, concurrency?: number): AuditEvent {
  return {
    type: 'slave-connecting',
    sid: `SLAVE-${number}`,
    host,
    pid: 100 + number,
    memberId: 'm',
    kind: 'unordered',
    concurrency,
  };
}
