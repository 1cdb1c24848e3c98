/** Says hello for a slave: under a nonce of its own for each session, each second until it is answered. */

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

  /** Of the session, or of the one to come. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Runs that go on, as the hellos of this nonce tell them: whichever of them its master hears. */
  get runs(): readonly GivenTask[] {
    return this.#runs;
  }

  /** A session is over in which so many tasks were taken up. */
  left(begun: number): void {
    if (this.#previous !== undefined) this.#previous.begun = begun;
  }

  /** Begins anew, under another nonce, with what runs. */
  begin(runs: Iterable<GivenTask> = []): void {
    this.#nonce = this.#options.ports.nonce();
    this.#runs = [...runs];
    this.#joinable = false;
    this.hurry();
    this.#options.ports.listen(this.#nonce);
  }

  /** The subjects of this nonce are listened to: an answer would be heard. */
  listening(nonce: string): void {
    if (nonce === this.#nonce) this.#joinable = true;
  }

  /** What was said may be gone: the next hello is due at once. */
  hurry(): void {
    this.#saidAt = Number.NEGATIVE_INFINITY;
  }

  /** A session began; what later hellos tell of it. */
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
