/** A task as it was given to a slave, and what running it came to. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';

export interface GivenTask {
  /** Its place among the tasks of the session that the slave is in: a run that outlasts one has another in the next. */
  index: number;
  readonly number: number;
  readonly attempt: number;
  /** The session in which it was given. */
  readonly sid: number;
  /** Of the claims, for which the index holds. */
  generation: number;
  /** Undefined if this slave does not define it. */
  readonly definition: AlgorithmDefinition | undefined;
  readonly json: unknown;
  readonly meta: unknown;
  readonly raws: readonly Uint8Array[];
  /** How long it may run; 0 for as long as it likes. */
  readonly timeoutMs: number;
  /** Waits for the ordered task before it; false on a slave that runs one task at a time. */
  readonly ordered: boolean;
  /** The last of its message. */
  readonly endOfGroup: boolean;
}

export type RunOutcome =
  | { readonly ok: true; readonly packet: unknown }
  | { readonly ok: false; readonly thrown: unknown }
  /** It ran longer than it may, whatever it came to. */
  | { readonly ok: false; readonly timedOut: true };

export const TIMED_OUT: RunOutcome = { ok: false, timedOut: true };
