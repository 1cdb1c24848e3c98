/** Gathers refused requests, so that the audit trail has a line for each reason and second, not for each request. */

import type { Refusal } from '../messages.js';

/** Reasons that are told apart within a second. */
const MOST_REASONS = 8;

export class Refusals {
  readonly #byReason = new Map<string, { address: string; count: number }>();

  note(address: string, reason: string): void {
    const known = this.#byReason.get(reason);
    if (known !== undefined) known.count++;
    else if (this.#byReason.size < MOST_REASONS) this.#byReason.set(reason, { address, count: 1 });
  }

  /** With the address of the first request of each reason. */
  take(): Refusal[] {
    const taken = Array.from(this.#byReason, ([reason, { address, count }]) => ({ address, count, reason }));
    this.#byReason.clear();
    return taken;
  }
}
