/** Repairs of the client's dialling from outside; a client without these parts is left alone. */
import type { NatsConnection } from 'nats';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectOptions, ReconnectDelays } from '../../../src/link/connection/connect-options.js';
import {
  dropFailedDial,
  failCutDial,
  forgetFutureDials,
  reconnectToo,
} from '../../../src/link/connection/dial-repairs.js';
import type { BrokerAddress } from '../../../src/link/ports.js';

const repairs = suite('dial repairs');
const client = (protocol: unknown): NatsConnection => ({ protocol }) as unknown as NatsConnection;

repairs('a client without these parts is left alone', () => {
  for (const protocol of [
    undefined,
    {},
    { transport: {} },
    { transport: { connected: false } },
    { servers: {} },
  ]) {
    for (const repair of [reconnectToo, dropFailedDial, failCutDial, forgetFutureDials])
      repair(client(protocol));
  }
});

repairs('it reconnects from now on', () => {
  const options = { reconnect: false };
  reconnectToo(client({ options }));
  assert.is(options.reconnect, true);
});

repairs('only the socket of a dial that failed is destroyed', () => {
  for (const [connected, destroyed] of [
    [false, 1],
    [true, 0],
    [undefined, 0],
  ] as const) {
    let count = 0;
    dropFailedDial(client({ transport: { connected, socket: { destroy: () => count++ } } }));
    assert.is(count, destroyed, String(connected));
  }
});

repairs('a dial that is cut fails with its reason', () => {
  const errors: Error[] = [];
  failCutDial(client({ connectError: (error: Error) => errors.push(error) }));
  assert.equal(
    errors.map(({ message }) => message),
    ['the connection ended while it was being made'],
  );
});

repairs('dials of the future are forgotten, and no others', () => {
  const [past, future] = [{ lastConnect: 5 }, { lastConnect: Date.now() + 3_600_000 }];
  forgetFutureDials(client({ servers: { servers: [past, future] } }));
  assert.equal([past.lastConnect, future.lastConnect], [5, 0]);
});

repairs('the first attempt comes soon, the others later, and each is announced', () => {
  const delays = new ReconnectDelays();
  delays.next();
  let retries = 0;
  delays.onRetry = () => {
    retries++;
  };
  for (let again = 0; again < 100; again++) {
    const delay = delays.next();
    assert.ok(delay >= 100 && delay < 300, String(delay));
  }
  delays.reset();
  assert.is(delays.next(), 50);
  assert.is(retries, 101);
});

const optionsOf = (address: BrokerAddress) =>
  connectOptions(address, { name: 'n', timeoutMs: 7, delays: new ReconnectDelays(), pingIntervalMs: 8 });

repairs('other servers that a cluster announces are not trusted with a secret in the clear', () => {
  const local = 'nats://127.0.0.1:1';
  for (const [address, ignores] of [
    [{ urls: [local] }, false],
    [{ urls: [local], token: 't' }, true],
    [{ urls: [local], user: 'u', password: 'p' }, true],
    [{ urls: ['nats://t@127.0.0.1:1', local] }, true],
    [{ urls: [local], token: 't', insecure: true }, false],
    [{ urls: ['tls://127.0.0.1:1'], token: 't' }, false],
  ] as const) {
    assert.is(optionsOf(address).ignoreClusterUpdates, ignores, JSON.stringify(address));
  }
});

repairs('the client gets its place without a secret, and is told to leave the waiting to us', () => {
  const options = optionsOf({ urls: ['nats://t@127.0.0.1:1'] });
  assert.equal([options.servers, options.token, options.name], [['nats://127.0.0.1:1'], 't', 'n']);
  assert.equal([options.timeout, options.pingInterval, options.maxReconnectAttempts], [7, 8, -1]);
  assert.equal(
    [options.waitOnFirstConnect, options.reconnect, options.ignoreAuthErrorAbort],
    [false, false, true],
  );
  assert.equal([options.resolve, options.noAsyncTraces, 'tls' in options], [false, true, false]);
  assert.ok(optionsOf({ urls: ['tls://h:1'] }).tls);
});

repairs.run();
