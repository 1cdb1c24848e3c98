/** Decides whether a slave that says hello may join; otherwise tells it why not. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import { PEER_CAPACITY } from '../../link/shared/peer-counters.js';
import { isCount } from '../../wire/messages/count.js';
import { type Hello, MOST_CONCURRENCY, PROTOCOL_VERSION } from '../../wire/messages/messages.js';

export interface Expectations {
  readonly run: string;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly allowVersionSkew: boolean;
}

/** The reason why a slave was refused, or the algorithms of an accepted slave that have other code. */
export type HelloVerdict =
  | { readonly accepted: true; readonly skewed: readonly string[] }
  | { readonly accepted: false; readonly reason: string };

/** Characters of a host, a member id or a run: longer ones would go into subjects and audit lines. */
const LONGEST_NAME = 255;

/** A hello as received: its fields may have any type. */
export function parseHello(value: unknown): Hello | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const hello = value as Hello;
  const wellFormed =
    hello.type === 'hello' &&
    isCount(hello.protocol) &&
    typeof hello.nonce === 'string' &&
    isName(hello.memberId) &&
    (hello.run === undefined || isName(hello.run)) &&
    Array.isArray(hello.algorithms) &&
    hello.algorithms.every(isFingerprinted) &&
    isName(hello.host) &&
    isCount(hello.pid) &&
    (hello.previous === undefined || isCount(hello.previous)) &&
    (hello.previousNonce === undefined || typeof hello.previousNonce === 'string') &&
    (hello.begun === undefined || isCount(hello.begun)) &&
    (hello.runs === undefined || areRuns(hello.runs)) &&
    (hello.concurrency === undefined || isConcurrency(hello.concurrency));
  return wellFormed ? hello : undefined;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_NAME;
}

/** A name and its fingerprint, which the program may be shown: nothing that throws when it becomes a text. */
function isFingerprinted(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && isName(pair[1]);
}

function areRuns(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= MOST_CONCURRENCY &&
    value.every((run) => Array.isArray(run) && run.length === 3 && run.every(isCount))
  );
}

function isConcurrency(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_CONCURRENCY;
}

export function judgeHello(hello: Hello, expected: Expectations): HelloVerdict {
  if (hello.protocol !== PROTOCOL_VERSION) {
    return refuse(
      `its protocol version is ${hello.protocol}, the master's is ${PROTOCOL_VERSION}; run the same ts-mw on both`,
    );
  }
  if (hello.memberId !== expected.memberId) {
    return refuse(
      `its member id is ${JSON.stringify(hello.memberId)}, the master's is ${JSON.stringify(expected.memberId)}; give both the same --member-id`,
    );
  }
  if (hello.run !== undefined && hello.run !== expected.run) {
    return refuse(
      `it belongs to run ${hello.run}, the master's is ${expected.run}; start it again, with the new resource file`,
    );
  }
  return judgeAlgorithms(hello, expected);
}

function judgeAlgorithms(hello: Hello, { algorithms, allowVersionSkew }: Expectations): HelloVerdict {
  const theirs = new Map(hello.algorithms);
  const skewed: string[] = [];
  for (const { name, fingerprint } of algorithms) {
    const other = theirs.get(name);
    if (other === undefined) {
      return refuse(`it has no algorithm ${JSON.stringify(name)}; run the same program on both`);
    }
    if (other === fingerprint) continue;
    if (!allowVersionSkew) {
      return refuse(
        `its algorithm ${JSON.stringify(name)} has other code; run the same program on both, give the algorithm a version, or allow it with --allow-version-skew`,
      );
    }
    skewed.push(name);
  }
  return { accepted: true, skewed };
}

/**
 * The number of hellos at once (as many as a master accepts slaves), and the number that each further tick
 * allows.
 */
const HELLOS_AT_ONCE = PEER_CAPACITY;
const HELLOS_PER_TICK = 50;
/** Ticks from one warning to the next. */
const WARN_TICKS = 100;

/**
 * Limits the cost of first hellos: each writes lines to the audit trail and may make a session. A slave that
 * is not heard says hello again a second later.
 */
export class HelloGate {
  #left = HELLOS_AT_ONCE;
  #ignored = 0;
  #quiet = 0;

  tryAdmit(): boolean {
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    this.#ignored++;
    return false;
  }

  /** Call it every 100 ms. Returns the number of ignored hellos, when it is time to report it. */
  tick(): number {
    this.#left = Math.min(HELLOS_AT_ONCE, this.#left + HELLOS_PER_TICK);
    if (this.#quiet > 0) this.#quiet--;
    if (this.#quiet > 0 || this.#ignored === 0) return 0;
    const ignored = this.#ignored;
    this.#ignored = 0;
    this.#quiet = WARN_TICKS;
    return ignored;
  }
}

function refuse(reason: string): HelloVerdict {
  return { accepted: false, reason };
}
