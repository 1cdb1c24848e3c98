/**
 * For a master: senders without a session, and masters that ask whether one is there. Strangers are told at
 * the next tick that their session has ended, since main's `watch` for them may be on its way.
 */

import { formatControl } from './control-text.js';
import type { Publish } from './sentinel-types.js';

/** Strangers remembered from one tick to the next. */
const MOST = 16_384;

export class Strangers {
  readonly #run: string;
  /** By the subject on which they were heard. */
  readonly #heard = new Map<string, { readonly nonce: string; readonly run: string }>();
  #established = false;

  /** `run` is the master's own. */
  constructor(run: string) {
    this.#run = run;
  }

  /** No other master was found, so slaves of earlier runs may be told that they are stale. */
  establish(): void {
    this.#established = true;
  }

  hear(subject: string, nonce: string, run: string): void {
    if (this.#heard.size < MOST) this.#heard.set(subject, { nonce, run });
  }

  /** Returns the answers for strangers that are not `known` by now. */
  dismiss(known: (nonce: string) => boolean): Publish[] {
    const told: Publish[] = [];
    for (const [subject, { nonce, run }] of this.#heard) {
      if (known(nonce) || (run !== this.#run && !this.#established)) continue;
      told.push({ subject: slaveSide(subject), text: formatControl({ type: 'stale', nonce }) });
    }
    this.#heard.clear();
    return told;
  }

  /** The answer for a master of another run that asked on this subject; our own question gets none. */
  answer(subject: string, asker: string): Publish | undefined {
    if (asker === this.#run) return undefined;
    const text = formatControl({ type: 'master-here', run: this.#run, established: this.#established });
    return { subject: slaveSide(subject), text };
  }
}

/** The subject for the answer to a message on the master's `subject`. */
function slaveSide(subject: string): string {
  return subject.replace(/^(mw\.[^.]+)\.m\./, '$1.s.');
}
