/** The two brokers that everything must work on, behind one door. */
import type { BrokerOptions } from '../../src/broker/options.js';
import { BrokerServer } from '../../src/broker/server.js';
import { startBroker } from '../../src/broker/start-broker.js';
import { findNatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
import { pair, pem } from './tls-files.js';

export interface TestBroker {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface BrokerKind {
  readonly name: 'embedded' | 'in-process' | 'nats-server';
  start(options?: NatsServerOptions): Promise<TestBroker>;
}

function optionsOf({ port = 0, maxPending, tls, guests, ...options }: NatsServerOptions): BrokerOptions {
  const bounds = maxPending === undefined ? {} : { maxPending };
  const encrypted =
    tls === undefined ? {} : { tls: { ...pair(tls.name), ...(tls.verify ? { clientCa: pem('ca') } : {}) } };
  const confined = guests === undefined ? {} : { guests: { ownerToken: 'the-owners-own', ...guests } };
  return { host: '127.0.0.1', port, ...options, ...encrypted, ...confined, bounds };
}

const embedded: BrokerKind = {
  name: 'embedded',
  start: (options = {}) => startBroker(optionsOf(options)),
};

/** In the thread of the test, where data goes out in the tick of its turn: as at the data port. */
export const IN_PROCESS: BrokerKind = {
  name: 'in-process',
  async start(options = {}) {
    const server = new BrokerServer(optionsOf(options), () => {}, { later: process.nextTick });
    const port = await server.listen();
    return { url: `nats://127.0.0.1:${port}`, port, stop: () => server.stop() };
  },
};

const natsServer: BrokerKind = { name: 'nats-server', start: startNatsServer };

/** Without nats-server on this machine only the embedded broker is tested, unless REQUIRE_NATS_SERVER=1. */
export const BROKERS: readonly BrokerKind[] =
  findNatsServer() === undefined ? [embedded] : [embedded, natsServer];
