/**
 * Delays the begin of a task while results wait to be sent: while main computes, they cannot leave, and their
 * credit cannot be used. For short tasks this does not matter.
 */

const HOLD_MS = 2_000;
const LONG_TASK_MICROS = 50_000;
const SHORT_TASK_WAITING_BYTES = 1024 * 1024;
/** Beyond this number no task begins at all. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

export class BeginGate {
  #lastMicros = 0;
  #closedSince: number | undefined;

  /** The time of the last task. */
  note(micros: number): void {
    this.#lastMicros = micros;
  }

  tryPass(waitingBytes: number, now: number): boolean {
    const allowed = this.#lastMicros >= LONG_TASK_MICROS ? 0 : SHORT_TASK_WAITING_BYTES;
    if (waitingBytes <= allowed) {
      this.#closedSince = undefined;
      return true;
    }
    this.#closedSince ??= now;
    return waitingBytes <= MOST_WAITING_BYTES && now - this.#closedSince >= HOLD_MS;
  }
}
