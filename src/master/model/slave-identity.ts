/** A slave as `authorizeSlave` gets it. */

import type { SlaveId } from '../../algorithms/types.js';

/** A slave that asks to join. All fields except `user` are the slave's own statements. */
export interface SlaveIdentity {
  /**
   * Its NATS user, a name or a public nkey; undefined where there are no users, as on the broker in the
   * master. It can be trusted if the nats-server confines its users to their own subjects.
   */
  readonly user: string | undefined;
  /** Its `--member-id`, which is the master's. */
  readonly memberId: string;
  /** The name of its machine. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
  /**
   * Fingerprints by name. Those of algorithms that the master also has are the same, unless version skew is
   * allowed.
   */
  readonly algorithms: ReadonlyMap<string, string>;
  /** How many unordered tasks it runs at once. */
  readonly concurrency: number;
  /** Its earlier id, if it says that it was here before. */
  readonly previousSid: SlaveId | undefined;
}
