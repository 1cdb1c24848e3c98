/** The entry of the broker's worker thread: runs a server and reports to the thread that started it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BrokerEvent } from './broker-event.js';
import type { BrokerOptions } from './options.js';
import { BrokerServer } from './server.js';

/** Messages of the thread. */
export type FromBrokerThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'event'; readonly event: BrokerEvent };

if (parentPort !== null) {
  const port = parentPort;
  const post = (message: FromBrokerThread): void => port.postMessage(message);
  const server = new BrokerServer(workerData as BrokerOptions, (event) => post({ type: 'event', event }));
  // The only message to the thread is to stop.
  port.once('message', () => {
    void server.stop().then(() => port.close());
  });
  server.listen().then(
    (listening) => post({ type: 'listening', port: listening }),
    (error: unknown) => {
      post({ type: 'refused', message: error instanceof Error ? error.message : String(error) });
      port.close();
    },
  );
}
