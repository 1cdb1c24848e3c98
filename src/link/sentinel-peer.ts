/** What a sentinel knows of one peer: the session, its subjects, the commands under way. */

import type { Epoch } from '../wire/messages.js';
import { CommandInbox, CommandOutbox } from './commands.js';
import { type BeatNumbers, beatPrefix, formatBeat } from './control-text.js';
import type { WatchedPeer } from './ports.js';

/** A slave `listen`s until it knows the session, and goes on beating when its master calls it stale. */
export type PeerPhase = 'listening' | 'watched' | 'stale';

export class SentinelPeer {
  readonly inbox = new CommandInbox();
  readonly outbox = new CommandOutbox();
  phase: PeerPhase = 'listening';
  epoch: Epoch;
  slot = -1;
  generation = 0;
  beatDueAt = 0;
  #beatPrefix = '';

  constructor(
    /** As in subjects, encoded. */
    readonly user: string,
    readonly nonce: string,
    /** The peer's control subject, and ours for this peer. */
    readonly subjects: { readonly there: string; readonly here: string },
  ) {
    this.epoch = { run: '', nonce, sid: -1 };
  }

  watch({ run, nonce, sid, slot, generation }: WatchedPeer, now: number): void {
    this.phase = 'watched';
    this.epoch = { run, nonce, sid };
    this.slot = slot;
    this.generation = generation ?? 0;
    this.beatDueAt = now;
    this.#beatPrefix = beatPrefix(this.epoch);
  }

  owns({ run, nonce, sid }: Epoch): boolean {
    return this.epoch.sid === sid && this.epoch.nonce === nonce && this.epoch.run === run;
  }

  beatText(numbers: BeatNumbers): string {
    return formatBeat(this.#beatPrefix, numbers);
  }
}
