/** The entry of the broker's worker thread: runs a server and reports to the thread that started it. */
import { parentPort } from 'node:worker_threads';
import type { BrokerEvent } from './broker-event.js';
import type { BrokerOptions } from './options.js';
import { BrokerServer } from './server.js';

/** `begin` comes first. */
export type ToBrokerThread =
  | { readonly type: 'begin'; readonly options: BrokerOptions }
  | { readonly type: 'stop' };

/** Messages of the thread. */
export type FromBrokerThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'event'; readonly event: BrokerEvent };

if (parentPort !== null) {
  const port = parentPort;
  const post = (message: FromBrokerThread): void => port.postMessage(message);
  let server: BrokerServer | undefined;
  const begin = (options: BrokerOptions): void => {
    server = new BrokerServer(options, (event) => post({ type: 'event', event }));
    server.listen().then(
      (listening) => post({ type: 'listening', port: listening }),
      (error: unknown) => {
        post({ type: 'refused', message: error instanceof Error ? error.message : String(error) });
        port.close();
      },
    );
  };
  port.on('message', (message: ToBrokerThread) => {
    if (message.type === 'begin') begin(message.options);
    else void server?.stop().then(() => port.close());
  });
}
