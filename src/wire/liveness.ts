/** Judges whether peers are alive, from the times when they were heard. The same on both sides, and pure. */

import { lastWordsByServer, type Speaker } from './last-words.js';

/** The duration of a turn of the judge's loop that is on time, unless it rests for longer. */
export const TURN_MS = 200;

/** A turn later than this leaves the judging to the next one: its timer may have run ahead of the sockets. */
const LATE_MS = 100;

/**
 * For this time after a reconnect, or after its server was away, a 503 may only mean that the peer has not
 * reconnected yet.
 */
const SETTLING_MS = 10_000;

const MASTER_CONDEMNS_AFTER_503_MS = 2_000;
/** If another peer there speaks this long after a 503, the server of both is there. */
const WITNESS_AFTER_MS = 500;
const SLAVE_IS_PATIENT_TIMES = 10;

export interface LivenessOptions {
  /** The side of the judge: a master judges slaves, a slave its master. */
  readonly role: 'master' | 'slave';
  readonly clientTimeoutMs: number;
  readonly broker: 'embedded' | 'external';
  /** The server of the judge's own connection; undefined while unknown. */
  readonly server?: (() => string | undefined) | undefined;
}

export type LivenessVerdict =
  | { readonly verdict: 'suspect'; readonly nonce: string; readonly evidence: string }
  | { readonly verdict: 'cleared'; readonly nonce: string }
  /** Final: the peer is forgotten. */
  | { readonly verdict: 'lost'; readonly nonce: string; readonly evidence: string }
  /** Sends this suspect a probe. */
  | { readonly verdict: 'probe'; readonly nonce: string };

interface Peer extends Speaker {
  /** The time of its last frame, on the watching clock. */
  heardAt: number;
  /** The first and the last 503 since. */
  suspectSince: number | undefined;
  suspectUntil: number;
  told: boolean;
  probedAt: number;
  server: string | undefined;
  spokeAt: number;
  /**
   * The last 503, whether or not it led to a suspicion. Initially the time when the peer came, since it was
   * away until then.
   */
  nobodyAt: number;
}

/**
 * Three clocks, none of them the wall's. `now` only measures how far the others advance at each turn:
 * - the *loop* clock advances while the judge's own loop is on time; a late turn adds no more than a turn on
 *   time would;
 * - the *watching* clock advances in the same way, but only while the judge's own connection is up. All times
 *   of peers is measured on it, so that every deadline waits while the judge could not have heard.
 *
 * A 503 means that the peer's connection has ended if it comes from the peer's own server. If the peer is on
 * another server of a cluster, or beyond a leaf node, that server or the way to it may be gone instead, with
 * all its peers. Then a 503 counts only if another peer there, which had no 503 itself, is heard meanwhile;
 * otherwise 503s mean no more than silence.
 *
 * A slave's peer is its master, whose end shows in two more ways: the connection to its embedded broker is
 * refused, or there is no connection at all for ten timeouts. A master that sees the process of a slave end
 * calls `condemn`.
 */
export class Liveness {
  readonly #role: 'master' | 'slave';
  readonly #server: () => string | undefined;
  #clientTimeoutMs: number;
  #embedded: boolean;
  readonly #peers = new Map<string, Peer>();
  #verdicts: LivenessVerdict[] = [];
  #lastWords: ReadonlyMap<string, number> | undefined;

  #turnedAt: number | undefined;
  /** From the last turn to the next one, if that is on time. */
  #restMs = TURN_MS;
  #abstained = false;
  #loopClock = 0;
  #clock = 0;
  #connected = true;
  /** On the watching clock: the last time when the connection came back. */
  #restartedAt = 0;
  #settledAt = 0;
  /**
   * On the loop clock: the time since which there is no connection, and the first and last refusal since
   * then.
   */
  #disconnectedAt = 0;
  #refusedSince: number | undefined;
  #refusedUntil = 0;

  constructor(options: LivenessOptions) {
    this.#role = options.role;
    this.#server = options.server ?? (() => undefined);
    this.#clientTimeoutMs = options.clientTimeoutMs;
    this.#embedded = options.broker === 'embedded';
  }

  /** A slave learns the timeout from its welcome. */
  configure(options: Pick<LivenessOptions, 'clientTimeoutMs' | 'broker'>): void {
    this.#clientTimeoutMs = options.clientTimeoutMs;
    this.#embedded = options.broker === 'embedded';
  }

  /** Milliseconds for which the judge's loop has been on time; the judge's own deadlines use them. */
  get loopClock(): number {
    return this.#loopClock;
  }

  get size(): number {
    return this.#peers.size;
  }

  watch(nonce: string, now: number): void {
    const at = this.#at(now);
    this.#peers.set(nonce, {
      heardAt: at,
      suspectSince: undefined,
      suspectUntil: 0,
      told: false,
      probedAt: 0,
      server: undefined,
      spokeAt: Number.NEGATIVE_INFINITY,
      nobodyAt: at,
    });
  }

  forget(nonce: string): void {
    this.#peers.delete(nonce);
  }

  /** Any frame of the peer's session. */
  heard(nonce: string, now: number): void {
    const peer = this.#peers.get(nonce);
    if (!peer) return;
    peer.heardAt = this.#at(now);
    this.#acquit(nonce, peer);
  }

  /**
   * The peer spoke over this judge's own connection, and named its own server. News that is `heard` in
   * another way may be old, and says nothing about a server.
   */
  spoke(nonce: string, server: string | undefined, now: number): void {
    const peer = this.#peers.get(nonce);
    if (!peer) return;
    this.heard(nonce, now);
    peer.server = server;
    peer.spokeAt = peer.heardAt;
  }

  /** The broker says that nobody listens at the peer's subject. */
  noResponders(nonce: string, now: number): void {
    const peer = this.#peers.get(nonce);
    if (!peer || !this.#connected) return;
    const at = this.#at(now);
    peer.nobodyAt = at;
    if (at < this.#settledAt) return;
    peer.suspectSince ??= at;
    peer.suspectUntil = at;
  }

  connection(up: boolean, now: number): void {
    if (up === this.#connected) return;
    if (up) {
      this.#connected = true;
      this.#refusedSince = undefined;
      this.#restartedAt = this.#at(now);
      this.#settledAt = this.#restartedAt + SETTLING_MS;
      // Suspicions may be based on 503s of another connection.
      for (const [nonce, peer] of this.#peers) this.#acquit(nonce, peer);
    } else {
      this.#clock = this.#at(now);
      this.#connected = false;
      this.#disconnectedAt = this.#loopAt(now);
    }
  }

  /** An attempt to connect was refused: the machine is there but the broker is not. */
  refused(now: number): void {
    if (this.#connected) return;
    const at = this.#loopAt(now);
    this.#refusedSince ??= at;
    this.#refusedUntil = at;
  }

  /** Evidence without the network. */
  condemn(nonce: string, evidence: string): void {
    if (this.#peers.delete(nonce)) this.#verdicts.push({ verdict: 'lost', nonce, evidence });
  }

  /**
   * Whether no verdict can be due before a silence has lasted: then the turns may be further apart. A judge that
   * is cut off, that suspects a peer, or that has just left its judging to the next turn needs them all.
   */
  get isCalm(): boolean {
    if (!this.#connected || this.#abstained || this.#turnedAt === undefined) return false;
    for (const { suspectSince } of this.#peers.values()) if (suspectSince !== undefined) return false;
    return true;
  }

  /** The next turn is due that long after the last one, `TURN_MS` if not told. */
  rest(ms: number): void {
    this.#restMs = ms;
  }

  /**
   * One turn of the judge's loop, when it is due if all is well, after the sockets were read. `latenessMs`
   * is its delay.
   */
  tick(now: number, latenessMs: number): readonly LivenessVerdict[] {
    const elapsed = Math.max(0, now - (this.#turnedAt ?? now) - Math.max(0, latenessMs));
    this.#loopClock += elapsed;
    if (this.#connected) this.#clock += elapsed;
    this.#turnedAt = now;
    // Not twice in a row, so that a judge on a busy machine still judges: sockets are read between two turns.
    this.#abstained = latenessMs > LATE_MS && !this.#abstained;
    if (!this.#abstained) {
      if (this.#connected) this.#judgePeers();
      else if (this.#role === 'slave') this.#judgeBroker();
    }
    const verdicts = this.#verdicts;
    if (verdicts.length > 0) this.#verdicts = [];
    return verdicts;
  }

  #judgePeers(): void {
    const clock = this.#clock;
    this.#lastWords = undefined;
    for (const [nonce, peer] of this.#peers) {
      if (peer.suspectSince !== undefined) this.#judgeSuspect(nonce, peer, peer.suspectSince);
      const silentMs = clock - Math.max(peer.heardAt, this.#restartedAt);
      if (silentMs >= this.#silenceLimitMs && this.#peers.has(nonce)) {
        this.condemn(nonce, `silent for ${seconds(silentMs)}`);
      }
    }
  }

  #judgeSuspect(nonce: string, peer: Peer, since: number): void {
    const only503Ms = peer.suspectUntil - since;
    if (only503Ms >= this.#noRespondersLimitMs(peer, since)) {
      this.condemn(nonce, `503 for ${seconds(only503Ms)}`);
      return;
    }
    if (!peer.told) {
      peer.told = true;
      this.#verdicts.push({ verdict: 'suspect', nonce, evidence: '503' });
    }
    if (this.#clock - peer.probedAt < this.#probeEveryMs) return;
    peer.probedAt = this.#clock;
    this.#verdicts.push({ verdict: 'probe', nonce });
  }

  #judgeBroker(): void {
    const limit = this.#clientTimeoutMs / 2;
    if (this.#embedded && this.#refusedSince !== undefined) {
      const refusedMs = this.#refusedUntil - this.#refusedSince;
      if (refusedMs >= limit) this.#condemnAll(`connection refused for ${seconds(refusedMs)}`);
    }
    const disconnectedMs = this.#loopClock - this.#disconnectedAt;
    if (disconnectedMs >= this.#silenceLimitMs)
      this.#condemnAll(`no connection for ${seconds(disconnectedMs)}`);
  }

  #condemnAll(evidence: string): void {
    for (const nonce of this.#peers.keys()) this.condemn(nonce, evidence);
  }

  #acquit(nonce: string, peer: Peer): void {
    peer.suspectSince = undefined;
    if (!peer.told) return;
    peer.told = false;
    this.#verdicts.push({ verdict: 'cleared', nonce });
  }

  get #silenceLimitMs(): number {
    return this.#role === 'slave' ? SLAVE_IS_PATIENT_TIMES * this.#clientTimeoutMs : this.#clientTimeoutMs;
  }

  #noRespondersLimitMs(peer: Peer, since: number): number {
    if (!this.#isCertain(peer, since)) return this.#clientTimeoutMs;
    return this.#role === 'slave' ? this.#clientTimeoutMs / 2 : MASTER_CONDEMNS_AFTER_503_MS;
  }

  /** Whether 503s since then can only be about the peer, not about its server. */
  #isCertain({ server }: Peer, since: number): boolean {
    if (this.#embedded) return true;
    if (server === undefined) return false;
    return server === this.#server() || this.#lastWordFrom(server) >= since + WITNESS_AFTER_MS;
  }

  /** Computed once per turn, for any number of suspects. */
  #lastWordFrom(server: string): number {
    this.#lastWords ??= lastWordsByServer(this.#peers.values(), this.#clock - SETTLING_MS);
    return this.#lastWords.get(server) ?? Number.NEGATIVE_INFINITY;
  }

  /** Thousands of slaves may suspect one master at the same time, so they have longer to find out. */
  get #probeEveryMs(): number {
    return this.#role === 'slave' ? Math.min(1_000, this.#clientTimeoutMs / 20) : 0;
  }

  /** Short times between turns; a delay that the next turn may have is not counted. */
  #at(now: number): number {
    return this.#connected ? this.#clock + this.#sinceTurn(now) : this.#clock;
  }

  #loopAt(now: number): number {
    return this.#loopClock + this.#sinceTurn(now);
  }

  #sinceTurn(now: number): number {
    return this.#turnedAt === undefined ? 0 : Math.min(this.#restMs, Math.max(0, now - this.#turnedAt));
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
