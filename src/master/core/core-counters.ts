/** The numbers that a master's core keeps and no audit event has. */

/** A moment's numbers. */
export interface CoreCounters {
  /** Tasks that wait for a slave. */
  readonly queued: number;
  /** Tasks that slaves have. */
  readonly running: number;
  /** Tasks without a fate, and those whose fate waits for the checkpoint. */
  readonly pending: number;
  /** Fates that the program has not taken. */
  readonly untaken: number;
  /** The number of the oldest task without a fate; undefined if there is none. */
  readonly oldest: number | undefined;
  /** Items that `submitAll` has still to draw; undefined if a source does not know. */
  readonly undrawn: number | undefined;
  /** Bytes of data frames that went to slaves, each counted once. */
  readonly sentBytes: number;
  /** The same of those that came. */
  readonly receivedBytes: number;
}
