/**
 * A slave's results on their way to the master, across sessions: encoded, collected into messages, and
 * kept while there is no session to post them to.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { MessageSizeError } from '../../errors.js';
import type { Body } from '../../wire/messages/body.js';
import { offerText, RESULT_STATUS, type ResultStatus } from '../../wire/messages/entries.js';
import { GroupText } from '../../wire/messages/group-text.js';
import type { CellOffer } from '../../wire/messages/messages.js';
import { isShareMessage } from '../../wire/messages/share-messages.js';
import type { Session } from '../../wire/session/session.js';
import { type EncodedValue, encodeValue } from '../../wire/values/codec.js';
import { encodeError } from '../../wire/values/remote-error.js';
import type { GivenTask, RunOutcome } from './given-task.js';
import { MOST_BYTES, ResultBatch } from './result-batch.js';

/** Bytes of a message that are not the value. */
const RESULT_OVERHEAD = 1024;

export class ResultOutbox {
  readonly #audit: AuditSink;
  readonly #takeOffers: () => readonly CellOffer[] | undefined;
  #session: Session | undefined;
  #maxMessageBytes = Number.POSITIVE_INFINITY;
  readonly #text = new GroupText();
  #batch: ResultBatch | undefined;
  /** Bodies that wait for a session. */
  #kept: (Uint8Array | Body)[] = [];

  /** `takeOffers` returns what was offered to cells since it was last called; undefined if nothing was. */
  constructor(audit: AuditSink, takeOffers: () => readonly CellOffer[] | undefined = () => undefined) {
    this.#audit = audit;
    this.#takeOffers = takeOffers;
  }

  /** Results that are in no message yet. */
  get collected(): number {
    return this.#batch?.count ?? 0;
  }

  /** Whether the master has acknowledged all results. */
  get isDrained(): boolean {
    if (this.#batch !== undefined) return false;
    const session = this.#session;
    return session === undefined ? this.#kept.length === 0 : session.isAcknowledged;
  }

  /** A session begins, and takes the kept results. */
  open(session: Session, maxMessageBytes: number): void {
    this.#session = session;
    this.#maxMessageBytes = maxMessageBytes;
    for (const body of this.#kept) session.post(body);
    this.#kept = [];
  }

  /** The session has ended; results that it did not deliver go with the next one. */
  close(): void {
    this.post(true);
    const kept = this.#session?.unacknowledged() ?? this.#kept;
    // The next session asks for shared values by itself
    this.#kept = kept.filter((body) => !(body instanceof Uint8Array && isShareMessage(body)));
    this.#session = undefined;
  }

  /** Adds a task's outcome; true when its message is full and should be posted. */
  add(task: GivenTask, outcome: RunOutcome, micros: number, grouping: number, now: number): boolean {
    const [status, value] = this.#encode(task, outcome);
    // A message names one session for all its results, and one large result goes alone.
    if (this.#batch !== undefined && (this.#batch.sid !== task.sid || !this.#batch.fits(value)))
      this.post(false);
    this.#batch ??= new ResultBatch(this.#text, task.sid, now, Math.min(MOST_BYTES, this.#mostValueBytes));
    this.#batch.add(task.number, task.attempt, status, Math.round(micros), value);
    return this.#batch.isFull(grouping, task.endOfGroup, now);
  }

  /** Posts the collected results; `dry` tells the master that no task is left here. */
  post(dry: boolean): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const { count } = batch;
    const offers = this.#takeOffers();
    // A program that has a task's result must find in a cell what the task offered
    if (offers !== undefined) {
      for (const offer of offers) this.#post({ text: offerText(batch.sid, offer), raws: [] });
    }
    this.#post(batch.body(dry));
    this.#audit.emit({ type: 'results-sent', count });
  }

  #post(body: Uint8Array | Body): void {
    if (this.#session === undefined) this.#kept.push(body);
    else this.#session.post(body);
  }

  /** A result that cannot be sent becomes an error result that says so; the slave goes on. */
  #encode(task: GivenTask, outcome: RunOutcome): [status: ResultStatus, value: EncodedValue] {
    if (!outcome.ok) {
      if ('timedOut' in outcome) return [RESULT_STATUS.timeout, encodeValue(null)];
      return [RESULT_STATUS.error, encodeError(outcome.thrown, this.#mostValueBytes)];
    }
    try {
      const value = encodeValue(outcome.packet);
      if (value.byteLength <= this.#mostValueBytes) return [RESULT_STATUS.packet, value];
      const what = `the result of a ${task.definition?.name ?? 'unknown'} task`;
      throw new MessageSizeError(what, value.byteLength, this.#maxMessageBytes);
    } catch (error) {
      return [RESULT_STATUS.error, encodeError(error, this.#mostValueBytes)];
    }
  }

  get #mostValueBytes(): number {
    return this.#maxMessageBytes - RESULT_OVERHEAD;
  }
}
