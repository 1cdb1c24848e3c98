/**
 * Four faults of nats 2.29 in dialling, mended from outside. All reach into the client, find nothing
 * and do no harm where it is mended itself.
 */

import type { Socket } from 'node:net';
import type { NatsConnection } from 'nats';

interface Dialling {
  readonly protocol?: {
    readonly transport?: { readonly connected?: boolean; readonly socket?: Socket };
    readonly connectError?: (error: Error) => void;
    readonly servers?: { readonly servers?: readonly { lastConnect: number }[] };
    readonly options?: { reconnect?: boolean };
  };
}

/**
 * With TLS 1.3 a broker refuses our certificate when we take the connection for made, and a full one says so after
 * its greeting. The client forgets why and tries on, or waits for its whole timeout, unless it was told never to
 * connect again: that is put right once it is in.
 */
export function reconnectToo(connection: NatsConnection): void {
  const options = (connection as Dialling).protocol?.options;
  if (options !== undefined) options.reconnect = true;
}

/** A dial that timed out, as to a frozen broker, leaves a socket that nobody reads and that never closes. */
export function dropFailedDial(connection: NatsConnection): void {
  const transport = (connection as Dialling).protocol?.transport;
  if (transport?.connected === false) transport.socket?.destroy();
}

/** A dial whose connection ends before the broker has answered waits for its whole timeout all the same. */
export function failCutDial(connection: NatsConnection): void {
  (connection as Dialling).protocol?.connectError?.(new Error('the connection ended while it was made'));
}

/** The client waits between dials by the wall clock: when that goes back an hour, so long would the next one wait. */
export function forgetFutureDials(connection: NatsConnection): void {
  const now = Date.now();
  for (const server of (connection as Dialling).protocol?.servers?.servers ?? []) {
    if (server.lastConnect > now) server.lastConnect = 0;
  }
}
