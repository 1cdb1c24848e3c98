/**
 * Who failed to prove itself, by address: how long the answer waits, and who is not heard at all for now.
 *
 * The answer to a failure waits 100 ms, and twice as long with each further one of the same address, up to two
 * seconds. While an address has as many answers waiting as it may, further credentials of it are not looked
 * at: this, and not the wait, is what bounds the guesses of one that opens many connections. No address ever
 * waits for another: when too many answers wait in all, wrong ones are cut without an answer, and right ones
 * still get in.
 */
import { isIPv6 } from 'node:net';

export interface AttemptBounds {
  /** What the answer to a first failure waits; each further one waits twice as long. */
  readonly refusalDelayMs: number;
  readonly maxRefusalDelayMs: number;
  /** Answers that may wait for one address, and for all together. */
  readonly maxHeldPerPeer: number;
  readonly maxHeld: number;
}

interface Peer {
  failures: number;
  failedAt: number;
  held: number;
}

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
  mayTry(peer: string): boolean {
    return (this.#peers.get(peer)?.held ?? 0) < this.#bounds.maxHeldPerPeer;
  }

  /** How long the answer waits, until `release`; undefined if there is no room for it to wait. */
  fail(peer: string, now: number): number | undefined {
    const { refusalDelayMs, maxRefusalDelayMs, maxHeldPerPeer, maxHeld } = this.#bounds;
    const known = this.#peers.get(peer) ?? { failures: 0, failedAt: now, held: 0 };
    if (now - known.failedAt > FORGIVEN_AFTER_MS) known.failures = 0;
    known.failures++;
    known.failedAt = now;
    this.#peers.delete(peer);
    this.#peers.set(peer, known);
    if (this.#peers.size > maxHeld + REMEMBERED_BEYOND_HELD) this.#forgetOne();
    if (this.#held >= maxHeld || known.held >= maxHeldPerPeer) return undefined;
    known.held++;
    this.#held++;
    return Math.min(maxRefusalDelayMs, refusalDelayMs * 2 ** Math.min(known.failures - 1, 30));
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
