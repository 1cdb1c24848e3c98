/** Turns a broker's address into options of the NATS client. */

import type { ConnectionOptions } from 'nats';
import { withoutCredentials } from './connect-error.js';
import { authentication } from './credentials.js';
import type { BrokerAddress } from './ports.js';

const FIRST_RECONNECT_MS = 50;
const RECONNECT_MIN_MS = 100;
const RECONNECT_SPREAD_MS = 200;

/**
 * The client finds a connection that is dead without a sign (unplugged, the broker frozen) by pings that
 * nobody answers. It must be patient: main answers none while user code computes.
 */
export const PING_INTERVAL_MS = 30_000;
const PINGS_UNANSWERED = 3;

/** Delays between attempts to connect again; `reset` after each success. */
export class ReconnectDelays {
  #attempts = 0;
  /** Called before each attempt, when the one before has failed. */
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
  return {
    servers: address.urls.map(withoutCredentials),
    name: options.name,
    timeout: options.timeoutMs,
    maxReconnectAttempts: -1,
    // The first connect is tried once: callers read the resource file anew before each attempt.
    waitOnFirstConnect: false,
    reconnectDelayHandler: options.delays.next,
    // Else the client gives up for good at the second refusal in a row; how long to try is ours to say.
    ignoreAuthErrorAbort: true,
    // Its own resolver asks DNS servers even for localhost; the system's knows the hosts file.
    resolve: false,
    noAsyncTraces: true,
    pingInterval: options.pingIntervalMs,
    maxPingOut: PINGS_UNANSWERED,
    ...(address.urls.some((url) => /^tls:/i.test(url)) ? { tls: {} } : {}),
    ...authentication(address),
  };
}
