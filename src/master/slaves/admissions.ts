/**
 * Slaves that wait for the program's permission to join. The program is asked once for each hello under a
 * nonce, takes its time, and holds up no other slave. A slave repeats its hello each second meanwhile. One
 * that falls silent is forgotten, and one that waits for ten seconds is refused.
 */

import type { Hello } from '../../wire/messages/messages.js';
import { NO_USER, type SessionAddress } from '../../wire/messages/subjects.js';
import type { SlaveIdentity } from '../model/slave-identity.js';

/**
 * Says whether a slave may join: only `true` admits it. `false`, a text with the reason, an exception, or ten
 * seconds without an answer refuse it. Both sides print the reason, and the slave exits with 255. Called
 * after ts-mw's own checks, and again when a slave comes back; it must not block the event loop.
 */
export type AuthorizeSlave = (identity: SlaveIdentity) => boolean | string | PromiseLike<boolean | string>;

export type Authorization =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string };

/** A slave that the program is asked about. */
export interface Applicant {
  readonly hello: Hello;
  readonly address: SessionAddress;
  /** Its algorithms that have other code. */
  readonly skewed: readonly string[];
}

/** The limit of questions at a time; further slaves say hello again. */
const MOST_APPLICANTS = 1_000;
/** There are ten ticks per second, and none while main is busy: no slave is refused because of that. */
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

  /** Whether a question about the nonce is open: its repeated hello changes nothing. */
  awaits({ user, nonce }: SessionAddress): boolean {
    const waiting = this.#waiting.get(nonce);
    if (waiting === undefined) return false;
    if (waiting.address.user === user) waiting.silentTicks = 0;
    return true;
  }

  /** Whether no further question may `begin`. */
  get isFull(): boolean {
    return this.#waiting.size >= MOST_APPLICANTS;
  }

  /** Returns the number to ask the program with. */
  begin(applicant: Applicant): number {
    const id = this.#nextId++;
    this.#waiting.set(applicant.address.nonce, { ...applicant, id, ticks: 0, silentTicks: 0 });
    return id;
  }

  /** The slave that an answer is about; undefined if it is forgotten or already refused. */
  end(id: number): Applicant | undefined {
    for (const waiting of this.#waiting.values()) {
      if (waiting.id !== id) continue;
      this.#waiting.delete(waiting.address.nonce);
      return waiting;
    }
    return undefined;
  }

  /** Forgets silent slaves; returns those that have waited for too long. */
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

/** On a broker without users, a slave can write any name into its subjects: it is worth nothing. */
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
