/**
 * The sentinel thread's part in profiles: carries orders and news between a port and the core's record of them, and takes
 * those of this process.
 */

import type { MessagePort } from 'node:worker_threads';
import type { ProfileOrder } from '../../threads/profile-messages.js';
import { profileMain } from '../profile/main-profiler.js';
import { ProfileGiver, type ProfileOutcome } from '../profile/profile-giver.js';
import type { ProfileTaker } from '../profile/profile-taker.js';

interface SentinelProfilesParams {
  readonly record: ProfileTaker | ProfileGiver;
  readonly onOrder: (order: ProfileOrder) => void;
  /** A profile of this process was taken, or failed, and the core should look. */
  readonly onRecorded: () => void;
}

export class SentinelProfiles {
  readonly #params: SentinelProfilesParams;
  readonly #stopping = new AbortController();
  /** Where somebody asks for profiles. */
  #port: MessagePort | undefined;

  constructor(params: SentinelProfilesParams) {
    this.#params = params;
  }

  /** It keeps no thread alive. */
  open(port: MessagePort): void {
    this.#port?.close();
    this.#port = port;
    port.on('message', this.#params.onOrder);
    port.unref();
  }

  /** Carries out the decisions. */
  settle(): void {
    const { record } = this.#params;
    const seconds = record.takeOrder();
    if (seconds !== undefined) {
      profileMain(seconds, this.#stopping.signal).then(
        (bytes) => this.#recorded({ bytes }),
        (error: unknown) => this.#recorded({ fault: error instanceof Error ? error.message : String(error) }),
      );
    }
    if (record instanceof ProfileGiver) return;
    for (const news of record.takeNews()) this.#port?.postMessage(news);
  }

  stop(): void {
    this.#stopping.abort();
    this.#port?.close();
  }

  #recorded(outcome: ProfileOutcome): void {
    if (this.#stopping.signal.aborted) return;
    this.#params.record.recorded(outcome);
    this.#params.onRecorded();
  }
}
