/** A task as it was given to a slave, and the outcome of its run. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { TaskShares } from '../shares/share-store.js';
import type { RunTrace } from './run-trace.js';

export interface GivenTask {
  /**
   * Its place among the tasks of the slave's session: a run that continues into the next session has another
   * place there.
   */
  index: number;
  readonly number: number;
  readonly attempt: number;
  /** The session in which it was given. */
  readonly sid: number;
  /** The generation of the claims to which the index belongs. */
  generation: number;
  /** Undefined if this slave does not define it. */
  readonly definition: AlgorithmDefinition | undefined;
  readonly json: unknown;
  readonly meta: unknown;
  readonly raws: readonly Uint8Array[];
  /** The shared values that it needs; undefined if there are none. */
  readonly shares: TaskShares | undefined;
  /** Its part in a span; undefined if it is not traced. */
  readonly trace: RunTrace | undefined;
  /** Its time limit; 0 for none. */
  readonly timeoutMs: number;
  /** Whether a clock runs for it: it has a time limit, or its master has killed it. */
  isTimed: boolean;
  /** Whether it waits for the ordered task before it; false on a slave that runs one task at a time. */
  readonly ordered: boolean;
  /** Whether it is the last one of its message. */
  readonly endOfGroup: boolean;
}

export type RunOutcome =
  | { readonly ok: true; readonly packet: unknown }
  | { readonly ok: false; readonly thrown: unknown }
  /** It exceeded its time limit, with any outcome. */
  | { readonly ok: false; readonly timedOut: true };

export const TIMED_OUT: RunOutcome = { ok: false, timedOut: true };
