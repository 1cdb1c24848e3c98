/** The two brokers that everything must work on, behind one door. */
import { startBroker } from '../../src/broker/start-broker.js';
import { findNatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
import { pair, pem } from './tls-files.js';

export interface TestBroker {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface BrokerKind {
  readonly name: 'embedded' | 'nats-server';
  start(options?: NatsServerOptions): Promise<TestBroker>;
}

const embedded: BrokerKind = {
  name: 'embedded',
  start({ port = 0, maxPending, tls, guests, ...options } = {}) {
    const bounds = maxPending === undefined ? {} : { maxPending };
    const encrypted =
      tls === undefined ? {} : { tls: { ...pair(tls.name), ...(tls.verify ? { clientCa: pem('ca') } : {}) } };
    const confined = guests === undefined ? {} : { guests: { ownerToken: 'the-owners-own', ...guests } };
    return startBroker({ host: '127.0.0.1', port, ...options, ...encrypted, ...confined, bounds });
  },
};

const natsServer: BrokerKind = { name: 'nats-server', start: startNatsServer };

/** Without nats-server on this machine only the embedded broker is tested, unless REQUIRE_NATS_SERVER=1. */
export const BROKERS: readonly BrokerKind[] =
  findNatsServer() === undefined ? [embedded] : [embedded, natsServer];
