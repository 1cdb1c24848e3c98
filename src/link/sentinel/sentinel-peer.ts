/** A sentinel's record of one peer: the session, its subjects, the commands under way. */

import { TURN_MS } from '../../wire/liveness.js';
import { BEAT_INTERVAL_MS, type Beat, type Epoch } from '../../wire/messages/messages.js';
import type { WatchedPeer } from '../ports.js';
import type { Positions } from '../shared/peer-counters.js';
import { CommandInbox, CommandOutbox } from './command-delivery.js';
import { type BeatNumbers, beatPrefix, formatBeat } from './control-text.js';

const TURNS = BEAT_INTERVAL_MS / TURN_MS;
/** When the master's next beat is so late, a slave beats by itself. */
const LATE_MS = BEAT_INTERVAL_MS / 4;

/** A slave `listen`s until it knows the session, and continues its beats when its master calls it stale. */
export type PeerPhase = 'listening' | 'watched' | 'stale';

export class SentinelPeer {
  readonly inbox = new CommandInbox();
  readonly outbox = new CommandOutbox();
  phase: PeerPhase = 'listening';
  epoch: Epoch;
  slot = -1;
  generation = 0;
  beatDueAt = 0;
  /** A slave that has said goodbye. */
  hasLeft = false;
  /** Position of the peer's data at the last look. */
  dataReceived = 0;
  #beatPrefix = '';
  #told: { readonly received: number; readonly limit: number } | undefined;
  #watchedAt = 0;
  #beatAt = Number.NEGATIVE_INFINITY;
  /** For a master: the last beat of the slave. */
  #heard: Pick<Beat, 'sent' | 'received' | 'running'> | undefined;
  /** Its next beat awaits one of the master. */
  #isInStep = false;

  constructor(
    /** As in subjects, encoded. */
    readonly user: string,
    readonly nonce: string,
    /** The peer's control subject, and our own for this peer. */
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
    this.dataReceived = 0;
    this.#told = undefined;
    this.#heard = undefined;
    this.#watchedAt = now;
    this.#beatPrefix = beatPrefix(this.epoch);
  }

  /** Peers that joined together get beats at different turns from the second beat on. */
  scheduleBeat(now: number, everyMs = BEAT_INTERVAL_MS): void {
    const first = this.beatDueAt === this.#watchedAt;
    const interval = first ? BEAT_INTERVAL_MS - (this.epoch.sid % TURNS) * TURN_MS : everyMs;
    this.beatDueAt = Math.max(this.beatDueAt + interval, now + interval / 2);
    this.#beatAt = now;
    this.#isInStep = false;
  }

  /** For a master: a beat of the slave came. */
  hear({ sent, received, running }: Beat): void {
    this.#heard = { sent, received, running };
  }

  /**
   * For a master, with its own positions: whether nothing runs on the slave by its last beat, and nothing is under way
   * between the two.
   */
  isAtRest({ sent, received }: Positions): boolean {
    const heard = this.#heard;
    return heard?.running === -1 && heard.received === sent && heard.sent === received;
  }

  /** For a master: the slave is at rest no longer, and has its beats at the usual interval. */
  wake(): void {
    this.beatDueAt = Math.min(this.beatDueAt, this.#beatAt + BEAT_INTERVAL_MS);
  }

  /**
   * For a slave, at a beat of its master, whose next one comes after `everyMs`: whether it beats now. Each time that it
   * wakes costs an idle slave as much as the beat, so its own turn comes only when its master is late.
   */
  answersBeat(now: number, everyMs = BEAT_INTERVAL_MS): boolean {
    const answers = now - this.#beatAt >= BEAT_INTERVAL_MS / 2;
    if (answers || !this.#isInStep) this.beatDueAt = now + everyMs + LATE_MS;
    if (answers) this.#beatAt = now;
    this.#isInStep = true;
    return answers;
  }

  /** When something must be sent to it. */
  get dueAt(): number {
    return this.phase === 'listening'
      ? Number.POSITIVE_INFINITY
      : Math.min(this.beatDueAt, this.outbox.dueAt);
  }

  /**
   * For a slave: whether main has to hear of this beat. A beat whose data main has `mainReceived`, and whose
   * positions are those of the last beat that main heard of, changes nothing there.
   */
  isNews({ sent, received, limit }: Positions, mainReceived: number): boolean {
    const told = this.#told;
    if (told?.received === received && told.limit === limit && sent <= mainReceived) return false;
    this.#told = { received, limit };
    return true;
  }

  owns({ run, nonce, sid }: Epoch): boolean {
    return this.epoch.sid === sid && this.epoch.nonce === nonce && this.epoch.run === run;
  }

  beatText(numbers: BeatNumbers): string {
    return formatBeat(this.#beatPrefix, numbers);
  }
}
