/**
 * Lets the NATS client use a connection that is open already: it has no option for that, so this reaches into its dialling. A
 * client that dials otherwise makes a connection of its own.
 */

import type { Socket } from 'node:net';
import { NodeTransport } from 'nats/lib/src/node_transport.js';
import { hostAndPort, parseBrokerUrl } from './broker-urls.js';

interface Transport {
  dial(place: { readonly hostname: string; readonly port: number }): Promise<Socket>;
}

/** By host and port. */
const lent = new Map<string, Socket>();
let isInstalled = false;

/** The connection that `connect` makes to this URL is `socket`, which is destroyed if it is not used, or `connect` rejects. */
export async function connectOver<T>(socket: Socket, url: string, connect: () => Promise<T>): Promise<T> {
  install();
  const { host, port } = parseBrokerUrl(url);
  const place = hostAndPort(host, port);
  lent.set(place, socket);
  try {
    const connection = await connect();
    if (lent.get(place) === socket) socket.destroy();
    return connection;
  } catch (error) {
    // The client leaves one open that was not answered in time
    socket.destroy();
    throw error;
  } finally {
    if (lent.get(place) === socket) lent.delete(place);
  }
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  const transport = NodeTransport.prototype as unknown as Transport;
  const { dial } = transport;
  transport.dial = function (this: Transport, place) {
    const key = hostAndPort(place.hostname, place.port);
    const socket = lent.get(key);
    if (socket === undefined || socket.destroyed) return dial.call(this, place);
    lent.delete(key);
    return Promise.resolve(socket);
  };
}
