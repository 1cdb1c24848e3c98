/** Says hello for a slave: under a nonce of its own for each session, each second until it is answered. */

import { type Hello, PROTOCOL_VERSION } from '../wire/messages.js';
import type { SlaveCoreOptions } from './slave-ports.js';

const HELLO_INTERVAL_MS = 1_000;

export class Greeter {
  readonly #options: SlaveCoreOptions;
  #nonce = '';
  #joinable = false;
  #saidAt = Number.NEGATIVE_INFINITY;
  #run: string | undefined;
  #previous: { readonly sid: number; readonly nonce: string } | undefined;

  constructor(options: SlaveCoreOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  /** Of the session, or of the one to come. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Begins anew, under another nonce. */
  begin(): void {
    this.#nonce = this.#options.ports.nonce();
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
    this.#previous = { sid, nonce: this.#nonce };
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
      concurrency: concurrency === 1 ? undefined : concurrency,
    };
  }
}
