/** Moleculer over the nats-server of the run. Arguments: how many worker processes, and the server's URL. */

import { load } from './packages.js';
import { serveCalls } from './serve-calls.js';
import { endWorkers, isWorker, sayReady, startWorkers } from './worker-processes.js';

interface Broker {
  createService(service: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(name: string): Promise<void>;
  call(action: string, params: object): Promise<unknown>;
}

const { ServiceBroker } = load('moleculer') as { ServiceBroker: new (options: object) => Broker };
const url = process.argv[3];
const broker = new ServiceBroker({
  nodeID: `${isWorker ? 'worker' : 'caller'}-${process.pid}`,
  transporter: url,
  logger: false,
  // A call must travel, also if this process could answer
  registry: { preferLocal: false },
});

if (isWorker) {
  broker.createService({
    name: 'work',
    actions: { noOp: ({ params }: { params: { n: number } }) => params.n },
  });
  await broker.start();
  sayReady();
} else {
  await broker.start();
  const workers = await startWorkers(Number(process.argv[2]), [url ?? '']);
  await broker.waitForServices('work');
  await serveCalls((n) => broker.call('work.noOp', { n }));
  endWorkers(workers);
  await broker.stop();
}
