/**
 * Keeps strangers from costing a main thread its time. A connection that fails is cut without an answer. When too
 * many fail, or too many are there without having said who they are, the port is shut for a while: then strangers
 * cost nothing, and clients that were admitted go on.
 */
import { ErrorText } from '../protocol/protocol.js';
import type { Applicant } from './applicant.js';
import type { Arrival, Strangers } from './strangers.js';

export interface PortGuardParams {
  /** Failures within ten seconds, or connections that nobody expects, before the port is shut. */
  readonly shutAfter: number;
  readonly shutMs: number;
  /** The number of clients that may come, all at once after an interruption. */
  readonly expected: () => number;
  /** Ends the listening, and begins it again. */
  readonly shut: () => void;
  readonly reopen: () => Promise<unknown>;
  /** Called at most once per minute. */
  readonly onShut: (failures: number) => void;
}

const WINDOW_MS = 10_000;
const LOOK_EVERY_MS = 500;
/** A thread that was busy for longer finds connections that were given up while they waited for it. */
const LATE_MS = 1000;
/** The time in which it has seen them: until then nobody is blamed. */
const GRACE_MS = 1000;
/** Failures that are forgiven within a minute: a flood that itself keeps the thread busy is not, beyond them. */
const MOST_FORGIVEN = 1000;
const MINUTE_MS = 60_000;

export class PortGuard implements Strangers {
  readonly areTold = false;
  readonly #params: PortGuardParams;
  /** Connections that have not been admitted, by address. */
  readonly #waiting = new Map<string, Arrival>();
  /** The times of failures, the oldest first. */
  #failures: number[] = [];
  readonly #looks: NodeJS.Timeout;
  #reopening: NodeJS.Timeout | undefined;
  #stopped = false;
  #lookedAt = performance.now();
  #graceUntil = Number.NEGATIVE_INFINITY;
  #forgiven = 0;
  #forgivenSince = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(params: PortGuardParams) {
    this.#params = params;
    this.#looks = setInterval(() => this.#judge(this.#look()), LOOK_EVERY_MS);
  }

  arrived(address: string | undefined, arrival: Arrival): void {
    const now = this.#look();
    if (address === undefined) {
      arrival.destroy();
      this.#countFailure(now);
    } else {
      this.#waiting.set(address, arrival);
    }
    this.#judge(now);
  }

  admitted(address: string): void {
    this.#waiting.delete(address);
  }

  left(address: string | undefined): void {
    if (address === undefined || !this.#waiting.delete(address)) return;
    const now = this.#look();
    this.#countFailure(now);
    this.#judge(now);
  }

  hears(): boolean {
    return true;
  }

  refuse(client: Applicant): void {
    client.cut(ErrorText.authorization);
  }

  /** A line for each stranger would cost time too. */
  tell(): void {}

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#looks);
    clearTimeout(this.#reopening);
    this.#waiting.clear();
  }

  /** Returns the time, and notices whether this thread was busy. */
  #look(): number {
    const now = performance.now();
    if (now - this.#lookedAt > LATE_MS) this.#graceUntil = now + GRACE_MS;
    this.#lookedAt = now;
    return now;
  }

  #countFailure(now: number): void {
    if (this.#forgives(now)) return;
    this.#failures.push(now);
    while ((this.#failures[0] as number) < now - WINDOW_MS) this.#failures.shift();
  }

  #forgives(now: number): boolean {
    if (now >= this.#graceUntil) return false;
    if (now - this.#forgivenSince > MINUTE_MS) {
      this.#forgivenSince = now;
      this.#forgiven = 0;
    }
    return this.#forgiven++ < MOST_FORGIVEN;
  }

  #judge(now: number): void {
    const { shutAfter, expected } = this.#params;
    const mayWait = shutAfter + expected() + (now < this.#graceUntil ? MOST_FORGIVEN : 0);
    if (this.#failures.length > shutAfter || this.#waiting.size > mayWait) this.#shut(now);
  }

  #shut(now: number): void {
    const arrivals = [...this.#waiting.values()];
    const failures = this.#failures.length + arrivals.length;
    this.#waiting.clear();
    this.#failures = [];
    this.#params.shut();
    for (const arrival of arrivals) arrival.destroy();
    this.#reopenLater();
    if (now - this.#toldAt < MINUTE_MS) return;
    this.#toldAt = now;
    this.#params.onShut(failures);
  }

  /** Another process may have taken the port meanwhile: it is tried again and again. */
  #reopenLater(): void {
    if (this.#stopped) return;
    this.#reopening = setTimeout(() => {
      this.#params.reopen().catch(() => this.#reopenLater());
    }, this.#params.shutMs);
  }
}
