/** The unacknowledged commands to one slave; slave-commands.ts sends them. */

/** A task, and its place among the tasks of the session. */
export interface CancelledRun {
  readonly number: number;
  readonly index: number;
  /** Milliseconds that it has to stop, if it is killed; then its process is ended. */
  readonly killAfterMs?: number | undefined;
}

/** A recall is out: of the tasks `from` ≤ index < `to`, those from its answer on are taken back. */
export interface Recall {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  /** Whether it asks for all that has not begun. */
  readonly isAll?: boolean | undefined;
}

export class PendingCommands {
  #next = 1;
  #recalling: Recall | undefined = undefined;
  #exhaustedTo = 0;
  /** By command id. */
  #cancels: Map<number, CancelledRun> | undefined = undefined;
  #shutdownId = 0;
  #shutdownAcknowledged = false;

  /** The id of the next command. */
  takeId(): number {
    return this.#next++;
  }

  noteCancel(id: number, run: CancelledRun): void {
    this.#cancels ??= new Map();
    this.#cancels.set(id, run);
  }

  /** The cancel that this id acknowledges; undefined if it is another command. */
  takeCancel(id: number): CancelledRun | undefined {
    const run = this.#cancels?.get(id);
    if (run !== undefined) this.#cancels?.delete(id);
    return run;
  }

  /** A recall is out. */
  get recalling(): Recall | undefined {
    return this.#recalling;
  }

  noteRecall(recall: Recall): void {
    this.#recalling = recall;
  }

  /** It has taken back the tasks from this index on, if its answer says so. */
  endRecall(takenFrom?: number): void {
    const recall = this.#recalling;
    this.#recalling = undefined;
    // Then the one before had begun, and with it all that came earlier
    if (recall !== undefined && takenFrom !== undefined && takenFrom > recall.from)
      this.#exhaustedTo = Math.max(this.#exhaustedTo, recall.to);
  }

  /** A recall has found that nothing before this index is left to take back. */
  get exhaustedTo(): number {
    return this.#exhaustedTo;
  }

  get shutdownAcknowledged(): boolean {
    return this.#shutdownAcknowledged;
  }

  noteShutdown(id: number): void {
    this.#shutdownId = id;
  }

  acknowledgeShutdown(id: number): void {
    if (this.#shutdownId === id) this.#shutdownAcknowledged = true;
  }
}
