/** What a slave says while it looks for its master: each thing once, and at the end what was wrong last. */

import type { AuditSink } from '../audit/audit-trail.js';
import { ConnectError } from '../link/connection/connect-error.js';

export class SearchNotes {
  readonly #audit: AuditSink;
  #said = '';
  /** The broker that was reached last; undefined after a connection to it was lost. */
  #brokerAt: string | undefined;
  #cause: string | undefined;

  constructor(audit: AuditSink) {
    this.#audit = audit;
  }

  /** Why the last attempt failed; undefined before any has. */
  get cause(): string | undefined {
    return this.#cause;
  }

  /** Nothing says where the master is. */
  missing(reason: string): void {
    this.#cause = reason;
    this.ignored(reason);
  }

  /** The resource file is of no use, and the search goes on without. */
  ignored(reason: string): void {
    this.#once(reason, () => this.#audit.emit({ type: 'resource-file-unusable', reason }));
  }

  refused(address: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    // The last attempts have little time, in which no slow answer comes: what was learned before says more.
    const isTimeout = error instanceof ConnectError && error.reason === 'timeout';
    if (!isTimeout || this.#cause === undefined) this.#cause = reason;
    this.#once(reason, () => this.#audit.emit({ type: 'connect-refused', address, reason }));
  }

  /** Each attempt connects anew, and that it still can is no news. */
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
