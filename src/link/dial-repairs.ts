/**
 * Two faults of nats 2.29 in dialling, mended from outside. Both reach into the client, find nothing
 * and do no harm where it is mended itself.
 */

import type { Socket } from 'node:net';
import type { NatsConnection } from 'nats';

interface Dialling {
  readonly protocol?: {
    readonly transport?: { readonly connected?: boolean; readonly socket?: Socket };
    readonly connectError?: (error: Error) => void;
  };
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
