/** Collects results for one message: decides when it is full, and makes its body. */

import type { Body } from '../../wire/messages/body.js';
import { RESULTS_TAIL, type ResultStatus, resultsHead } from '../../wire/messages/entries.js';
import type { GroupText } from '../../wire/messages/group-text.js';
import type { EncodedValue } from '../../wire/values/codec.js';

/** The limits of a message under `auto`: results, bytes of values, and milliseconds since the first one. */
const MOST_RESULTS = 1_000;
export const MOST_BYTES = 256 * 1024 - 1024;
const MOST_MS = 50;

export class ResultBatch {
  /** The session in which the tasks were given out. */
  readonly sid: number;
  readonly #since: number;
  readonly #text: GroupText;
  readonly #mostBytes: number;
  #raws: Uint8Array[] | undefined;
  #bytes = 0;

  /** `text` is empty, and no other batch has it until the body is made. Values of `mostBytes` fill it. */
  constructor(text: GroupText, sid: number, now: number, mostBytes = MOST_BYTES) {
    this.#text = text;
    this.#mostBytes = mostBytes;
    this.sid = sid;
    this.#since = now;
  }

  get count(): number {
    return this.#text.count;
  }

  /** Whether a value fits beside the others; alone, any value does. */
  fits(value: EncodedValue): boolean {
    return this.count === 0 || this.#bytes + value.byteLength <= this.#mostBytes;
  }

  add(number: number, attempt: number, status: ResultStatus, micros: number, value: EncodedValue): void {
    this.#text.add(number, attempt, status, micros, value.text);
    if (value.raws.length > 0) {
      this.#raws ??= [];
      // One by one: there may be more values than fit on the stack.
      for (const raw of value.raws) this.#raws.push(raw);
    }
    this.#bytes += value.byteLength;
  }

  /** `grouping` is exact; 0 is auto, where a message ends at the latest with its group of tasks. */
  isFull(grouping: number, endOfGroup: boolean, now: number): boolean {
    if (this.#bytes >= this.#mostBytes) return true;
    if (grouping > 0) return this.count >= grouping;
    return endOfGroup || this.count >= MOST_RESULTS || now - this.#since >= MOST_MS;
  }

  body(dry: boolean): Body {
    return { text: this.#text.take(resultsHead(this.sid, dry), RESULTS_TAIL), raws: this.#raws ?? [] };
  }
}
