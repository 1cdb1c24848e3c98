/** Turns a broker's address into options of the NATS client. */

import type { ConnectionOptions } from 'nats';
import type { BrokerAddress } from '../ports.js';
import { authentication } from './authentication.js';
import { ConnectError, withoutCredentials } from './connect-error.js';
import { carriesSecret, exposedUrl } from './exposed-url.js';
import { demandedTls } from './tls-options.js';

const FIRST_RECONNECT_MS = 50;
const RECONNECT_MIN_MS = 100;
const RECONNECT_SPREAD_MS = 200;

/**
 * The client detects a connection that died without a sign (unplugged, the broker frozen) by unanswered
 * pings. It must be patient: main answers none while user code computes.
 */
export const PING_INTERVAL_MS = 30_000;
const PINGS_UNANSWERED = 3;

/** Delays between attempts to connect again; `reset` after each success. */
export class ReconnectDelays {
  #attempts = 0;
  /** Called before each attempt after a failed one. */
  onRetry: () => void = () => {};

  reset(): void {
    this.#attempts = 0;
  }

  readonly next = (): number => {
    this.onRetry();
    return this.#attempts++ === 0
      ? FIRST_RECONNECT_MS
      : RECONNECT_MIN_MS + Math.random() * RECONNECT_SPREAD_MS;
  };
}

export function connectOptions(
  address: BrokerAddress,
  options: {
    readonly name: string;
    readonly timeoutMs: number;
    readonly delays: ReconnectDelays;
    readonly pingIntervalMs: number;
  },
): ConnectionOptions {
  refuseExposure(address);
  const tls = demandedTls(address);
  const hasSecret = address.urls.some((url) => carriesSecret(address, url));
  return {
    servers: address.urls.map(withoutCredentials),
    name: options.name,
    timeout: options.timeoutMs,
    maxReconnectAttempts: -1,
    // The first connection is tried once: callers read the resource file again before each attempt.
    waitOnFirstConnect: false,
    reconnectDelayHandler: options.delays.next,
    // Otherwise the client stops after the second refusal in a row; we decide how long to try.
    ignoreAuthErrorAbort: true,
    // Its own resolver asks DNS servers even for localhost; the system's knows the hosts file.
    resolve: false,
    noAsyncTraces: true,
    pingInterval: options.pingIntervalMs,
    maxPingOut: PINGS_UNANSWERED,
    // Other servers that a cluster announces may be off this machine.
    ignoreClusterUpdates: hasSecret && tls === undefined && !address.insecure,
    // Otherwise the client waits for a broker that refuses our certificate, or all clients: see
    // `reconnectToo`.
    reconnect: false,
    ...(tls === undefined ? {} : { tls }),
    ...authentication(address),
  };
}

/** Throws ConnectError where a secret would travel unencrypted. */
function refuseExposure(address: BrokerAddress): void {
  const url = exposedUrl(address);
  if (url === undefined) return;
  const cure = 'use TLS (tls:// and --tls-ca FILE), or type --insecure';
  throw new ConnectError('insecure', `our token or password would travel unencrypted to ${url}; ${cure}`);
}
