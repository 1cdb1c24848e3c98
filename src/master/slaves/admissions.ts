/**
 * Slaves that may join if the program says so, and have not heard yet. The program is asked once for each
 * hello under a nonce, takes its time, and holds up nobody else: a slave repeats its hello each second
 * meanwhile, one that falls silent is forgotten, and one that waits for ten seconds is refused.
 */

import type { Hello } from '../../wire/messages/messages.js';
import { NO_USER, type SessionAddress } from '../../wire/messages/subjects.js';
import type { SlaveIdentity } from '../model/slave-identity.js';

/**
 * Says whether a slave may join: `true`, and nothing else, lets it in. `false`, a text with the reason, an
 * exception, or ten seconds without an answer refuse it; both sides print the reason, and the slave exits
 * with 255. Asked after ts-mw's own checks, again when a slave comes back, and never with the loop blocked.
 */
export type AuthorizeSlave = (identity: SlaveIdentity) => boolean | string | PromiseLike<boolean | string>;

export type Authorization =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string };

/** A slave that the program is asked about. */
export interface Applicant {
  readonly hello: Hello;
  readonly address: SessionAddress;
  /** Of its algorithms, those with other code. */
  readonly skewed: readonly string[];
}

/** More are not asked about at a time; the others say hello again. */
const MOST_APPLICANTS = 1_000;
/** Ticks come ten times a second, and none while main is busy: nobody is refused for that. */
const DECIDE_WITHIN_TICKS = 100;
const SILENT_AFTER_TICKS = 30;

interface Waiting extends Applicant {
  readonly id: number;
  ticks: number;
  silentTicks: number;
}

export class Admissions {
  readonly #waiting = new Map<string, Waiting>();
  #nextId = 0;

  /** Whether the nonce is being asked about: its hello, repeated, changes nothing. */
  awaits({ user, nonce }: SessionAddress): boolean {
    const waiting = this.#waiting.get(nonce);
    if (waiting === undefined) return false;
    if (waiting.address.user === user) waiting.silentTicks = 0;
    return true;
  }

  /** Nobody else may `begin`. */
  get isFull(): boolean {
    return this.#waiting.size >= MOST_APPLICANTS;
  }

  /** Returns the number to ask the program with. */
  begin(applicant: Applicant): number {
    const id = this.#nextId++;
    this.#waiting.set(applicant.address.nonce, { ...applicant, id, ticks: 0, silentTicks: 0 });
    return id;
  }

  /** Whom an answer is about; undefined if it is forgotten, or refused already. */
  end(id: number): Applicant | undefined {
    for (const waiting of this.#waiting.values()) {
      if (waiting.id !== id) continue;
      this.#waiting.delete(waiting.address.nonce);
      return waiting;
    }
    return undefined;
  }

  /** Forgets who fell silent; returns those that have waited for too long. */
  tick(): readonly Applicant[] {
    const late: Applicant[] = [];
    for (const [nonce, waiting] of this.#waiting) {
      waiting.ticks++;
      waiting.silentTicks++;
      const isLate = waiting.ticks >= DECIDE_WITHIN_TICKS;
      if (isLate) late.push(waiting);
      if (isLate || waiting.silentTicks >= SILENT_AFTER_TICKS) this.#waiting.delete(nonce);
    }
    return late;
  }
}

/** The reason for those that `tick` returns. */
export const UNDECIDED = 'authorizeSlave did not decide within 10 s';

/** A broker that knows no users lets a slave write any name into its subjects: that of nobody. */
export function identityOf({ hello, address }: Applicant, broker: 'embedded' | 'external'): SlaveIdentity {
  const { memberId, host, pid, algorithms, concurrency = 1, previous } = hello;
  const isNamed = broker === 'external' && address.user !== NO_USER;
  return Object.freeze({
    user: isNamed ? address.user : undefined,
    memberId,
    host,
    pid,
    algorithms: new Map(algorithms),
    concurrency,
    previousSid: typeof previous === 'number' ? (`SLAVE-${previous}` as const) : undefined,
  });
}
