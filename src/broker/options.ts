/** The options of a broker: its address, the clients that it admits, and its limits. */

import type { AttemptBounds } from './admission/failed-attempts.js';
import type { GuestOptions } from './admission/guests.js';
import type { BrokerTls } from './admission/tls-door.js';

/** Bounds of memory and time; tests make them small. */
export interface BrokerBounds extends AttemptBounds {
  /** Bytes that one client may leave unread. */
  readonly maxPending: number;
  /**
   * The same for an owner. Guests wait for it from `holdGuestsAt` on, until at most `releaseGuestsAt` are
   * left.
   */
  readonly maxOwnerPending: number;
  readonly holdGuestsAt: number;
  readonly releaseGuestsAt: number;
  /** Bytes that all clients together may leave unread; the client with most of them is cut. */
  readonly maxTotalPending: number;
  /** Bytes of a protocol line. */
  readonly maxControlLine: number;
  /** Bytes that are parsed from one socket before the others get their turn. */
  readonly maxTurn: number;
  /** Time until CONNECT, from the end of the handshake if there is one. */
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** 0 for no pings. */
  readonly pingIntervalMs: number;
  /** Unanswered pings before a client is considered gone. */
  readonly maxPingsOut: number;
}

export interface BrokerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** If given, every client must present it; not together with `user`. */
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Without it, every admitted client may publish and subscribe everywhere. */
  readonly guests?: GuestOptions | undefined;
  /** Without it nothing is encrypted; with it, clients without encryption are refused. */
  readonly tls?: BrokerTls | undefined;
  /** Bytes of one message, its headers included; 1 MB by default. */
  readonly maxPayload?: number | undefined;
  readonly bounds?: Partial<BrokerBounds> | undefined;
  /**
   * Limit of the thread's heap, which contains subscriptions but no payloads; without it the runtime decides.
   */
  readonly heapMegabytes?: number | undefined;
}

export const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

export const DEFAULT_BOUNDS: BrokerBounds = {
  maxPending: 8 * 1024 * 1024,
  maxOwnerPending: 64 * 1024 * 1024,
  holdGuestsAt: 3 * 1024 * 1024,
  releaseGuestsAt: 256 * 1024,
  maxTotalPending: 256 * 1024 * 1024,
  maxControlLine: 4096,
  maxTurn: 256 * 1024,
  connectTimeoutMs: 2000,
  handshakeTimeoutMs: 5000,
  pingIntervalMs: 120_000,
  maxPingsOut: 2,
  refusalDelayMs: 100,
  promptRefusals: 8,
  maxRefusalDelayMs: 2000,
  maxFailuresPerSecond: 256,
  maxHeldPerPeer: 128,
  maxHeld: 1024,
};
