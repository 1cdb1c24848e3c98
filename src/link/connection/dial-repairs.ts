/**
 * Repairs four faults of nats 2.29 in dialling from outside. Each one reaches into the client; where the
 * client itself is fixed, it finds nothing and does no harm.
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
 * With TLS 1.3, a broker refuses our certificate only after we consider the connection made, and a full one
 * says so after its greeting. The client forgets the reason and tries again, or waits for its whole timeout,
 * unless it was told never to reconnect. So it is told that, and the option is restored once it is connected.
 */
export function reconnectToo(connection: NatsConnection): void {
  const options = (connection as Dialling).protocol?.options;
  if (options !== undefined) options.reconnect = true;
}

/**
 * A dial that timed out, for example to a frozen broker, leaves a socket that is never read and never closes.
 */
export function dropFailedDial(connection: NatsConnection): void {
  const transport = (connection as Dialling).protocol?.transport;
  if (transport?.connected === false) transport.socket?.destroy();
}

/** A dial whose connection ends before the broker has answered still waits for its whole timeout. */
export function failCutDial(connection: NatsConnection): void {
  (connection as Dialling).protocol?.connectError?.(
    new Error('the connection ended while it was being made'),
  );
}

/**
 * The client waits between dials by the wall clock: when that goes back an hour, the next wait would be an
 * hour longer.
 */
export function forgetFutureDials(connection: NatsConnection): void {
  const now = Date.now();
  for (const server of (connection as Dialling).protocol?.servers?.servers ?? []) {
    if (server.lastConnect > now) server.lastConnect = 0;
  }
}
