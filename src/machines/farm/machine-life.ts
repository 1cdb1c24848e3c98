/**
 * The states of one machine: events and the time go in, and what should be done comes out through the ports.
 *
 *     unknown --begin--> starting --opened--> validating --validated--> ready
 *     starting, validating, ready --a failure--> failing --later--> starting
 *     failing --equal failures--> given-up
 *     validating, ready --unregister--> draining --drained or lost--> gone
 *     any other --unregister--> gone
 *
 * A machine without a validation goes from starting to ready. Each failure closes the way to it. It is tried again after
 * a time that grows with each failure; a machine that was ready for 60 s begins with the first time again. Failures are equal if their reasons
 * differ in numbers only.
 *
 * The work of a state takes time, and may end when the machine is in another one. So each attempt has a number,
 * and an event of an earlier one changes nothing.
 */

import { withoutNumbers } from '../../audit/format/without-numbers.js';
import type { MachineState } from './machine.js';

interface LifePorts {
  /** Reach the machine; `opened` or `failed` follows. */
  readonly open: (attempt: number) => void;
  /** Qualify it; `validated` or `failed` follows. */
  readonly validate: (attempt: number) => void;
  /** Its slaves get work from now on. */
  readonly admit: () => void;
  /** Let its slaves end what they run, and start none; `drained` follows. */
  readonly drain: () => void;
  /** Give up the way to it, and all that runs there. */
  readonly close: () => void;
  readonly moved: (state: MachineState, why: Why) => void;
}

/** Of a state that follows from a failure. */
export interface Why {
  readonly reason?: string | undefined;
  /** The time to the next attempt. */
  readonly againMs?: number | undefined;
}

interface LifeParams {
  readonly ports: LifePorts;
  readonly isValidated: boolean;
  /** Equal failures after which it is given up. */
  readonly mostFailures: number;
  /** The time to the next attempt after this number of failures in a row. */
  readonly delayMs: (failures: number) => number;
}

const STEADY_AFTER_MS = 60_000;
/** The time to reach a machine, which includes the way of the program to it. */
export const OPEN_WITHIN_MS = 120_000;
/** The time in which a machine must be qualified. */
export const VALIDATE_WITHIN_MS = 60_000;

export class MachineLife {
  readonly #params: LifeParams;
  #state: MachineState = 'unknown';
  #attempt = 0;
  /** When something must have happened, or is tried again. */
  #dueAt: number | undefined;
  #readySince: number | undefined;
  #failures = 0;
  #reason: string | undefined;
  #equalFailures = 0;

  constructor(params: LifeParams) {
    this.#params = params;
  }

  get state(): MachineState {
    return this.#state;
  }

  /** The reason of its last failure, until it is ready again. */
  get reason(): string | undefined {
    return this.#state === 'ready' ? undefined : this.#reason;
  }

  /** `tick` does something then; undefined if nothing is due. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  begin(now: number): void {
    if (this.#state === 'unknown') this.#start(now);
  }

  opened(attempt: number, now: number): void {
    if (attempt !== this.#attempt || this.#state !== 'starting') return;
    if (!this.#params.isValidated) {
      this.#admit(now);
      return;
    }
    this.#dueAt = now + VALIDATE_WITHIN_MS;
    this.#move('validating');
    this.#params.ports.validate(attempt);
  }

  validated(attempt: number, now: number): void {
    if (attempt === this.#attempt && this.#state === 'validating') this.#admit(now);
  }

  /** It could not be reached, was found unfit, was lost, or its slaves end again and again. */
  failed(attempt: number, reason: string, now: number): void {
    if (attempt !== this.#attempt) return;
    switch (this.#state) {
      case 'draining':
        this.#leave();
        return;
      case 'starting':
      case 'validating':
      case 'ready':
        this.#fail(reason, now);
        return;
      default:
    }
  }

  /** It is not wanted any more. With `atOnce`, what its slaves run is not waited for. */
  unregister(atOnce: boolean): void {
    const { state } = this;
    if (state === 'gone' || (state === 'draining' && !atOnce)) return;
    if (atOnce || (state !== 'ready' && state !== 'validating')) {
      this.#leave();
      return;
    }
    this.#dueAt = undefined;
    this.#move('draining');
    this.#params.ports.drain();
  }

  drained(): void {
    if (this.#state === 'draining') this.#leave();
  }

  /**
   * `latenessMs` is the delay of this tick by a busy thread, which has heard nothing of the machine meanwhile: it is not
   * judged for that time.
   */
  tick(now: number, latenessMs = 0): void {
    if (this.#dueAt === undefined) return;
    if (this.#state !== 'failing') this.#dueAt += latenessMs;
    if (now < this.#dueAt) return;
    if (this.#state === 'failing') this.#start(now);
    else if (this.#state === 'starting')
      this.#fail(`it was not reached within ${OPEN_WITHIN_MS / 1000} s`, now);
    else if (this.#state === 'validating') {
      this.#fail(`its validation did not end within ${VALIDATE_WITHIN_MS / 1000} s`, now);
    }
  }

  #start(now: number): void {
    this.#attempt++;
    this.#dueAt = now + OPEN_WITHIN_MS;
    this.#move('starting');
    this.#params.ports.open(this.#attempt);
  }

  #admit(now: number): void {
    this.#dueAt = undefined;
    this.#readySince = now;
    this.#move('ready');
    this.#params.ports.admit();
  }

  #fail(reason: string, now: number): void {
    const wasSteady = this.#readySince !== undefined && now - this.#readySince >= STEADY_AFTER_MS;
    const isEqual =
      !wasSteady && this.#reason !== undefined && withoutNumbers(reason) === withoutNumbers(this.#reason);
    this.#equalFailures = isEqual ? this.#equalFailures + 1 : 1;
    this.#failures = wasSteady ? 1 : this.#failures + 1;
    this.#reason = reason;
    this.#readySince = undefined;
    this.#params.ports.close();
    if (this.#equalFailures >= this.#params.mostFailures) {
      this.#dueAt = undefined;
      this.#move('given-up', { reason });
      return;
    }
    const againMs = this.#params.delayMs(this.#failures);
    this.#dueAt = now + againMs;
    this.#move('failing', { reason, againMs });
  }

  #leave(): void {
    this.#attempt++;
    this.#dueAt = undefined;
    this.#params.ports.close();
    this.#move('gone');
  }

  #move(state: MachineState, why: Why = {}): void {
    this.#state = state;
    this.#params.ports.moved(state, why);
  }
}
