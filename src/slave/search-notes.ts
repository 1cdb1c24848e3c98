/** The messages of a slave that looks for its master: each thing once, and at the end the last problem. */

import type { AuditSink } from '../audit/audit-trail.js';
import { ConnectError } from '../link/connection/connect-error.js';

export class SearchNotes {
  readonly #audit: AuditSink;
  #said = '';
  /** The last broker that was reached; undefined after the connection to it was lost. */
  #brokerAt: string | undefined;
  #cause: string | undefined;

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  /** The reason why the last attempt failed; undefined before the first failure. */
  get cause(): string | undefined {
    return this.#cause;
  }

  /** The place of the master is unknown. */
  missing(reason: string): void {
    this.#cause = reason;
    this.ignored(reason);
  }

  /** The resource file is not usable, and the search goes on without it. */
  ignored(reason: string): void {
    this.#once(reason, () => this.#audit.emit({ type: 'resource-file-unusable', reason }));
  }

  refused(address: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    // The last attempts have little time, in which no slow answer comes: earlier findings say more.
    const isTimeout = error instanceof ConnectError && error.reason === 'timeout';
    if (!isTimeout || this.#cause === undefined) this.#cause = reason;
    this.#once(reason, () => this.#audit.emit({ type: 'connect-refused', address, reason }));
  }

  /** Each attempt connects again; that this still works is not news. */
  connected(address: string): void {
    if (this.#brokerAt === address) return;
    this.#brokerAt = address;
    this.#audit.emit({ type: 'connected-to-broker', address });
  }

  unheard(address: string, memberId: string): void {
    const name = JSON.stringify(memberId);
    const reason = `the broker is there, but no master of member ${name} answers; start it, or type its --member-id`;
    this.#cause = reason;
    this.#once(reason, () => this.#audit.emit({ type: 'master-unheard', address, reason }));
  }

  connectionLost(): void {
    this.#brokerAt = undefined;
    this.#cause = 'the connection to the broker was lost before a master answered';
  }

  /** Not each quarter of a second. */
  #once(what: string, say: () => void): void {
    if (this.#said === what) return;
    this.#said = what;
    say();
  }
}
