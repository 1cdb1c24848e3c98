/** Answers clients that failed to authenticate: late, in limited number, and with audit events. */
import type { BrokerEvent } from '../broker-event.js';
import { ErrorText } from '../protocol/protocol.js';
import type { Applicant } from './applicant.js';
import { type AttemptBounds, FailedAttempts, peerOf } from './failed-attempts.js';
import { RefusalLog } from './refusal-log.js';
import type { Strangers } from './strangers.js';

const SECOND_MS = 1000;

export class Refusals implements Strangers {
  readonly areTold = true;
  readonly #attempts: FailedAttempts;
  readonly #log = new RefusalLog();
  readonly #onEvent: (event: BrokerEvent) => void;
  readonly #answers = new Set<NodeJS.Timeout>();
  #second: NodeJS.Timeout | undefined;

  constructor(bounds: AttemptBounds, onEvent: (event: BrokerEvent) => void) {
    this.#attempts = new FailedAttempts(bounds);
    this.#onEvent = onEvent;
  }

  /** Only failures are counted here. */
  arrived(): void {}

  admitted(): void {}

  left(): void {}

  hears(client: Applicant): boolean {
    if (this.#attempts.mayTry(peerOf(client.host), performance.now())) return true;
    this.tell(client, 'not looked at, since its address fails too often');
    client.cut(ErrorText.authorization);
    return false;
  }

  refuse(client: Applicant, reason: string = ErrorText.authorization): void {
    const peer = peerOf(client.host);
    this.tell(client, reason);
    const delayMs = this.#attempts.fail(peer, performance.now());
    if (delayMs === undefined) {
      client.cut(ErrorText.authorization);
      return;
    }
    const timer = setTimeout(() => {
      this.#answers.delete(timer);
      this.#attempts.release(peer);
      client.fail(ErrorText.authorization);
    }, delayMs);
    this.#answers.add(timer);
  }

  tell({ host, address }: Pick<Applicant, 'host' | 'address'>, reason: string): void {
    const event = this.#log.refused(peerOf(host), address, reason);
    if (event !== undefined) this.#onEvent(event);
    this.#second ??= setInterval(() => this.#endSecond(), SECOND_MS);
  }

  /** Reports the remaining counts; answers wait no longer. */
  stop(): void {
    for (const timer of this.#answers) clearTimeout(timer);
    this.#endSecond();
    clearInterval(this.#second);
    this.#second = undefined;
  }

  #endSecond(): void {
    for (const event of this.#log.endSecond()) this.#onEvent(event);
    if (!this.#log.isEmpty) return;
    clearInterval(this.#second);
    this.#second = undefined;
  }
}
