/** The embedded broker in a process of its own, so that its memory can be told. */

import { startBroker } from '../../src/broker/start-broker.js';
import { peakBytes } from '../measured-process.js';

export type BrokerMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'report'; readonly peakBytes: number; readonly closed: readonly string[] };

const broker = await startBroker({ host: '127.0.0.1', port: 0 });
/** Why clients were closed that did not leave by themselves. */
const closed: string[] = [];
broker.onEvent((event) => {
  if (event.type === 'client-closed' && event.reason !== 'Client Closed') closed.push(event.reason);
});
const tell = (message: BrokerMessage): void => {
  process.send?.(message);
};
process.once('message', async () => {
  tell({ type: 'report', peakBytes: peakBytes('self'), closed });
  await broker.stop();
  process.exit(0);
});
process.once('disconnect', () => process.exit(1));
tell({ type: 'listening', port: broker.port });
