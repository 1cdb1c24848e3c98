/**
 * A slave's side of profiles: one at a time, kept until its master has fetched it, or for a minute. Pure: it says when a
 * profile is to be taken, and is told the outcome.
 */

import {
  type Epoch,
  MOST_EVIDENCE,
  PROFILE_PIECE_BYTES,
  type ProfileAnswer,
  type ProfileRequest,
} from '../../wire/messages/messages.js';

export const KEPT_MS = 60_000;

/** A profile as `profileMain` makes it, or why there is none. */
export type ProfileOutcome = { readonly bytes: Uint8Array } | { readonly fault: string };

interface Given {
  readonly nonce: string;
  readonly id: number;
  outcome: ProfileOutcome | undefined;
  askedAt: number;
}

const GONE: ProfileOutcome = { fault: 'has that profile no more; ask for another one' };
const OTHER: ProfileOutcome = { fault: 'is still taking another profile; ask again when that is over' };

export class ProfileGiver {
  #given: Given | undefined;
  #order: number | undefined;
  /** Requests come late and twice: one below this is not a new one. */
  #newest = { nonce: '', id: -1 };

  hear({ run, nonce, sid }: Epoch, { id, seconds, at }: ProfileRequest, now: number): ProfileAnswer {
    const epoch = { run, nonce, sid };
    const answer = (outcome: ProfileOutcome | undefined): ProfileAnswer => answerOf(epoch, id, at, outcome);
    const given = this.#given;
    if (given?.nonce === nonce && given.id === id) {
      given.askedAt = now;
      return answer(given.outcome);
    }
    if (this.#newest.nonce === nonce && id <= this.#newest.id) return answer(GONE);
    if (given !== undefined && given.outcome === undefined) return answer(OTHER);
    this.#newest = { nonce, id };
    this.#given = { nonce, id, outcome: undefined, askedAt: now };
    this.#order = seconds;
    return answer(undefined);
  }

  /** The seconds of a profile that is to be taken now; once for each. */
  takeOrder(): number | undefined {
    const order = this.#order;
    this.#order = undefined;
    return order;
  }

  recorded(outcome: ProfileOutcome): void {
    if (this.#given !== undefined) this.#given.outcome = outcome;
  }

  /** Nobody has asked for it for long. */
  tick(now: number): void {
    const given = this.#given;
    if (given?.outcome !== undefined && now - given.askedAt >= KEPT_MS) this.#given = undefined;
  }
}

function answerOf(epoch: Epoch, id: number, at: number, outcome: ProfileOutcome | undefined): ProfileAnswer {
  const common = { type: 'profile-answer', ...epoch, id, at } as const;
  if (outcome === undefined) return { ...common, state: 'running', of: 0, text: '' };
  if ('fault' in outcome) {
    return { ...common, state: 'failed', of: 0, text: outcome.fault.slice(0, MOST_EVIDENCE) };
  }
  const of = Math.max(1, Math.ceil(outcome.bytes.length / PROFILE_PIECE_BYTES));
  if (at >= of) return { ...common, state: 'failed', of: 0, text: 'has no such piece of its profile' };
  const from = at * PROFILE_PIECE_BYTES;
  const piece = Buffer.from(outcome.bytes.subarray(from, from + PROFILE_PIECE_BYTES));
  return { ...common, state: 'ready', of, text: piece.toString('base64') };
}
