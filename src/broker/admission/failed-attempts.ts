/**
 * Who failed to prove itself, by address: how long the answer waits, and who is not heard at all for now.
 *
 * The first eight answers to an address wait 100 ms, so that whoever mistyped a token knows within a second;
 * each further one waits twice as long as the one before, up to two seconds. What bounds the guesses of one
 * that opens many connections is not that wait but a count: 256 failures a second. Beyond it credentials of
 * the address are not looked at until the second is over. An answer that waits takes nothing from others of
 * its address: a slave with the right token gets in beside hundreds that have a wrong one. No address ever
 * waits for another: when too many answers wait, wrong ones are cut without an answer, right ones get in.
 */
import { isIPv6 } from 'node:net';

export interface AttemptBounds {
  /** What the answer to each of the first failures of an address waits; each further one waits twice as long. */
  readonly refusalDelayMs: number;
  readonly promptRefusals: number;
  readonly maxRefusalDelayMs: number;
  /** Failures of one address within a second; then nothing of it is looked at for the rest of that second. */
  readonly maxFailuresPerSecond: number;
  /** Answers that may wait for one address, and for all together. */
  readonly maxHeldPerPeer: number;
  readonly maxHeld: number;
}

interface Peer {
  failures: number;
  failedAt: number;
  held: number;
  /** When the second began in which `lately` were counted. */
  secondSince: number;
  lately: number;
}

const SECOND_MS = 1000;

/** An address that did not fail for so long begins anew. */
const FORGIVEN_AFTER_MS = 60_000;
/** More than answers can wait, so that one without any is always there to be forgotten. */
const REMEMBERED_BEYOND_HELD = 1024;

export class FailedAttempts {
  readonly #bounds: AttemptBounds;
  /** Whose last failure lies longest back comes first. */
  readonly #peers = new Map<string, Peer>();
  #held = 0;

  constructor(bounds: AttemptBounds) {
    this.#bounds = bounds;
  }

  /** Whether credentials of this peer are looked at now. */
  mayTry(peer: string, now: number): boolean {
    const known = this.#peers.get(peer);
    if (known === undefined || now - known.secondSince >= SECOND_MS) return true;
    return known.lately < this.#bounds.maxFailuresPerSecond;
  }

  /** How long the answer waits, until `release`; undefined if there is no room for it to wait. */
  fail(peer: string, now: number): number | undefined {
    const { refusalDelayMs, promptRefusals, maxRefusalDelayMs, maxHeldPerPeer, maxHeld } = this.#bounds;
    const known = this.#peers.get(peer) ?? newPeer(now);
    if (now - known.failedAt > FORGIVEN_AFTER_MS) known.failures = 0;
    if (now - known.secondSince >= SECOND_MS) {
      known.secondSince = now;
      known.lately = 0;
    }
    known.lately++;
    known.failures++;
    known.failedAt = now;
    this.#peers.delete(peer);
    this.#peers.set(peer, known);
    if (this.#peers.size > maxHeld + REMEMBERED_BEYOND_HELD) this.#forgetOne();
    if (this.#held >= maxHeld || known.held >= maxHeldPerPeer) return undefined;
    known.held++;
    this.#held++;
    const doublings = Math.max(0, known.failures - promptRefusals);
    return Math.min(maxRefusalDelayMs, refusalDelayMs * 2 ** Math.min(doublings, 30));
  }

  /** An answer has waited, whether or not somebody still listens. */
  release(peer: string): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    known.held--;
    this.#held--;
  }

  #forgetOne(): void {
    for (const [peer, { held }] of this.#peers) {
      if (held > 0) continue;
      this.#peers.delete(peer);
      return;
    }
  }
}

function newPeer(now: number): Peer {
  return { failures: 0, failedAt: now, held: 0, secondSince: now, lately: 0 };
}

/** One machine: an IPv4 address, or the 64 bits of an IPv6 one within which it may call itself what it likes. */
export function peerOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address) || address === '::1') return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
