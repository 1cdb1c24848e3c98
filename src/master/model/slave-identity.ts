/** A slave as the program is asked about it. */

import type { SlaveId } from '../../algorithms/types.js';

/** Who asks to join. All but `user` is what the slave says of itself. */
export interface SlaveIdentity {
  /**
   * Its NATS user, by name or public nkey; undefined where there are none, as on the broker in the master.
   * It can be trusted if the nats-server confines its users to their own subjects.
   */
  readonly user: string | undefined;
  /** Its `--member-id`, which is the master's. */
  readonly memberId: string;
  /** The name of its machine. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
  /** Fingerprints by name; those that the master has too are the same, unless version skew is allowed. */
  readonly algorithms: ReadonlyMap<string, string>;
  /** How many unordered tasks it runs at once. */
  readonly concurrency: number;
  /** Under which id it was here before, if it says so. */
  readonly previousSid: SlaveId | undefined;
}
