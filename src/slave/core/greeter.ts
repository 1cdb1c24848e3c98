/** Says hello for a slave: with a new nonce for each session, each second until there is an answer. */

import { type Hello, PROTOCOL_VERSION } from '../../wire/messages/messages.js';
import type { GivenTask } from './given-task.js';
import type { SlaveCoreOptions } from './slave-ports.js';

const HELLO_INTERVAL_MS = 1_000;

export class Greeter {
  readonly #options: SlaveCoreOptions;
  #nonce = '';
  #joinable = false;
  #saidAt = Number.NEGATIVE_INFINITY;
  #run: string | undefined;
  #previous: { readonly sid: number; readonly nonce: string; begun: number } | undefined;
  #runs: readonly GivenTask[] = [];

  constructor(options: SlaveCoreOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  /** The nonce of the session, or of the next one. */
  get nonce(): string {
    return this.#nonce;
  }

  /**
   * Runs that continue, the same in all hellos of this nonce: any of them may be the one that its master
   * hears.
   */
  get runs(): readonly GivenTask[] {
    return this.#runs;
  }

  /** A session has ended in which this number of tasks was begun. */
  left(begun: number): void {
    if (this.#previous !== undefined) this.#previous.begun = begun;
  }

  /** Starts again, under another nonce, with the running tasks. */
  begin(runs: Iterable<GivenTask> = []): void {
    this.#nonce = this.#options.ports.nonce();
    this.#runs = [...runs];
    this.#joinable = false;
    this.hurry();
    this.#options.ports.listen(this.#nonce);
  }

  /** The subscriptions of this nonce are active: an answer would be heard. */
  listening(nonce: string): void {
    if (nonce === this.#nonce) this.#joinable = true;
  }

  /** The last hello may be lost: the next one is due at once. */
  hurry(): void {
    this.#saidAt = Number.NEGATIVE_INFINITY;
  }

  /** A session began; kept for later hellos. */
  joined(run: string, sid: number): void {
    this.#run = run;
    this.#previous = { sid, nonce: this.#nonce, begun: 0 };
  }

  /** Says hello if it is due. */
  greet(now: number): void {
    if (!this.#joinable || now - this.#saidAt < HELLO_INTERVAL_MS) return;
    this.#saidAt = now;
    this.#options.ports.sendHello(this.#hello());
  }

  #hello(): Hello {
    const { memberId, host, pid, algorithms, concurrency } = this.#options;
    return {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      nonce: this.#nonce,
      memberId,
      run: this.#run,
      algorithms: algorithms.map(({ name, fingerprint }) => [name, fingerprint] as const),
      host,
      pid,
      previous: this.#previous?.sid,
      previousNonce: this.#previous?.nonce,
      begun: this.#previous?.begun,
      runs: this.#runs.map(({ sid, number, attempt }) => [sid, number, attempt] as const),
      concurrency: concurrency === 1 ? undefined : concurrency,
    };
  }
}
