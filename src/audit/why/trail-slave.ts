/** Follows one slave of one master through its trail. */

import type { AuditEvent } from '../events.js';
import type { SlaveWhy } from './slave-why.js';

export class TrailSlave {
  readonly #sid: string;
  #process: string | undefined;
  #isKnown = false;
  #ending: { readonly how: 'lost' | 'left'; readonly evidence: string } | undefined;
  #rejoinedAs: string | undefined;
  #suspicion: string | undefined;
  #isBusy = false;
  #endsAt = 0;
  #isFinished = false;
  /** The number after the highest that joined. */
  #next = 0;

  constructor(readonly number: number) {
    this.#sid = `SLAVE-${number}`;
  }

  /** Whether any line is about the slave. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  take(event: AuditEvent, timeMs: number): void {
    this.#endsAt = Math.max(this.#endsAt, timeMs);
    if (event.type === 'master-finished') this.#isFinished = true;
    if (event.type === 'slave-rejoined' && event.previousSid === this.#sid) this.#rejoinedAs = event.sid;
    if (event.type === 'slave-connecting') {
      this.#next = Math.max(this.#next, Number(event.sid.slice('SLAVE-'.length)) + 1);
    }
    if (!('sid' in event) || event.sid !== this.#sid) return;
    this.#isKnown = true;
    switch (event.type) {
      case 'slave-connecting':
        this.#process = `${event.host}:${event.pid}`;
        break;
      case 'slave-busy':
      case 'slave-idle':
        this.#isBusy = event.type === 'slave-busy';
        break;
      case 'slave-suspected':
        this.#suspicion = event.evidence;
        break;
      case 'suspicion-ended':
        this.#suspicion = undefined;
        break;
      case 'slave-lost':
        this.#ending ??= { how: 'lost', evidence: event.evidence };
        break;
      case 'slave-left':
        this.#ending ??= { how: 'left', evidence: event.reason };
        break;
      case 'slave-disconnected':
        this.#ending ??= { how: 'left', evidence: 'its master told it to stop' };
        break;
      default:
    }
  }

  answer(): SlaveWhy {
    const known = { sid: this.#sid, process: this.#process };
    if (!this.#isKnown) {
      const next = this.number >= this.#next && this.#next > 0 ? `SLAVE-${this.#next}` : undefined;
      return { ...known, state: 'unknown', because: 'never-joined', facts: { next } };
    }
    if (this.#ending !== undefined) {
      const facts = { evidence: this.#ending.evidence, rejoinedAs: this.#rejoinedAs };
      return { ...known, state: 'disconnected', because: this.#ending.how, facts };
    }
    const state = this.#isBusy ? 'busy' : 'idle';
    const facts = {
      evidence: this.#suspicion,
      trailEndsAt: this.#endsAt,
      isFinished: this.#isFinished,
    };
    return { ...known, state, because: 'trail-ends', facts };
  }
}
