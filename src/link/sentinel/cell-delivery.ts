/**
 * One direction of cells between a process and one peer: which slots the peer does not have in their newest version, and
 * when they are sent. Pure.
 */

import { CELLS_LENGTH } from '../../wire/messages/messages.js';
import type { CellSlots } from '../shared/cell-slots.js';

const FIRST_REPEAT_MS = 200;
const REPEAT_MS = 1_000;

/** A slot that is sent. */
export interface SentSlot {
  readonly at: number;
  readonly version: number;
  readonly text: string;
}

/** A message with slots; a repeated one keeps its number. */
export interface SentSlots {
  readonly id: number;
  readonly slots: readonly SentSlot[];
}

const NOTHING: readonly SentSlot[] = Object.freeze([]);

/**
 * At most one message is unconfirmed. One with newer versions takes its place at any time, and has all that was not
 * confirmed of the earlier one, or as much as a message holds: the oldest versions first, so that every slot has its turn.
 */
export class CellDelivery {
  readonly #slots: CellSlots;
  readonly #confirmed: Float64Array;
  #id = 0;
  #sent: readonly SentSlot[] = NOTHING;
  #repeatAt = Number.POSITIVE_INFINITY;
  #waitMs = FIRST_REPEAT_MS;
  #isPartial = false;

  /** The peer is new, or has what the slots' reader has taken in an earlier session. */
  constructor(slots: CellSlots, peer: 'new' | 'known') {
    this.#slots = slots;
    this.#confirmed = new Float64Array(slots.size);
    if (peer === 'new') return;
    for (let at = 0; at < slots.size; at++) {
      const version = slots.versionOf(at);
      if (slots.isTaken(at, version)) this.#confirmed[at] = version;
    }
  }

  /** Whether the last message did not hold all that there is. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  /** When the unconfirmed message is repeated; Infinity without one. */
  get repeatAt(): number {
    return this.#repeatAt;
  }

  /**
   * The message to send now: what is newer, or what is due again. `anyhow` also repeats what is not due. Undefined if
   * there is nothing.
   */
  next(now: number, anyhow = false): SentSlots | undefined {
    const slots = this.#gather();
    if (slots.length === 0) {
      this.#sent = NOTHING;
      this.#repeatAt = Number.POSITIVE_INFINITY;
      return undefined;
    }
    if (!this.#isSent(slots)) {
      this.#id += 1;
      this.#waitMs = FIRST_REPEAT_MS;
    } else if (!anyhow && now < this.#repeatAt) return undefined;
    this.#sent = slots;
    this.#repeatAt = now + this.#waitMs;
    this.#waitMs = REPEAT_MS;
    return { id: this.#id, slots };
  }

  /** The peer has the message of this number: what it now has for the first time. */
  confirm(id: number): readonly SentSlot[] {
    if (id !== this.#id || this.#sent.length === 0) return NOTHING;
    const sent = this.#sent;
    for (const { at, version } of sent) this.#confirmed[at] = version;
    this.#sent = NOTHING;
    this.#repeatAt = Number.POSITIVE_INFINITY;
    return sent;
  }

  #gather(): readonly SentSlot[] {
    const newer: { readonly at: number; readonly version: number }[] = [];
    for (let at = 0; at < this.#confirmed.length; at++) {
      const version = this.#slots.versionOf(at);
      if (version > (this.#confirmed[at] ?? 0)) newer.push({ at, version });
    }
    if (newer.length > 1) newer.sort((a, b) => a.version - b.version);
    const slots: SentSlot[] = [];
    let length = 0;
    this.#isPartial = false;
    for (const { at } of newer) {
      const found = this.#slots.read(at);
      if (found === undefined) continue;
      length += found.text.length;
      this.#isPartial = slots.length > 0 && length > CELLS_LENGTH;
      if (this.#isPartial) break;
      slots.push({ at, ...found });
    }
    return slots;
  }

  #isSent(slots: readonly SentSlot[]): boolean {
    return (
      slots.length === this.#sent.length &&
      slots.every(({ at, version }, i) => this.#sent[i]?.at === at && this.#sent[i]?.version === version)
    );
  }
}
