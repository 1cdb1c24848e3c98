/**
 * Counts failed logins by address: how long each answer waits, and which addresses are ignored for now.
 *
 * The first eight answers to an address wait 100 ms, so that a mistyped token is reported within a second.
 * Each further one waits twice as long as the one before, up to two seconds. This wait does not limit a
 * client that opens many connections; a count does: 256 failures per second. Beyond it, credentials of the
 * address are ignored until the second is over. A waiting answer takes nothing from others of its address: a
 * slave with the right token gets in beside hundreds with a wrong one. No address waits for another: when too
 * many answers wait, wrong credentials are cut without an answer, and right ones get in.
 */
import { isIPv6 } from 'node:net';

export interface AttemptBounds {
  /** The wait of the answers to the first failures of an address; each further one waits twice as long. */
  readonly refusalDelayMs: number;
  readonly promptRefusals: number;
  readonly maxRefusalDelayMs: number;
  /** Failures of one address within a second; then it is ignored for the rest of that second. */
  readonly maxFailuresPerSecond: number;
  /** Answers that may wait for one address, and for all together. */
  readonly maxHeldPerPeer: number;
  readonly maxHeld: number;
}

interface Peer {
  failures: number;
  failedAt: number;
  held: number;
  /** The start of the second in which `lately` were counted. */
  secondSince: number;
  lately: number;
}

const SECOND_MS = 1000;

/** After this time without a failure, an address starts again. */
const FORGIVEN_AFTER_MS = 60_000;
/** More than the number of waiting answers, so that there is always an address without one to forget. */
const REMEMBERED_BEYOND_HELD = 1024;

export class FailedAttempts {
  readonly #bounds: AttemptBounds;
  /** The address with the oldest last failure comes first. */
  readonly #peers = new Map<string, Peer>();
  #held = 0;

  constructor(bounds: AttemptBounds) {
    this.#bounds = bounds;
  }

  /** Whether credentials of this peer are checked now. */
  mayTry(peer: string, now: number): boolean {
    const known = this.#peers.get(peer);
    if (known === undefined || now - known.secondSince >= SECOND_MS) return true;
    return known.lately < this.#bounds.maxFailuresPerSecond;
  }

  /** The wait of the answer, until `release`; undefined if there is no room for it to wait. */
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

  /** An answer has waited, whether or not its client is still there. */
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

/**
 * One machine: an IPv4 address, or the first 64 bits of an IPv6 address, since it can choose the rest freely.
 */
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
