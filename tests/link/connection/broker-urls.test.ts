/** The URL of a broker: whether it stays on this machine, what it may leave out, and TLS in its scheme. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isLoopback, isTlsUrl, parseBrokerUrl, withTls } from '../../../src/link/connection/broker-urls.js';

const urls = suite('broker URLs');

urls('loopback is what cannot lead elsewhere', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.8.7', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['127.example.com', '0.0.0.0', '::', '10.0.0.127', '128.0.0.1']) {
    assert.not.ok(isLoopback(host), host);
  }
});

urls('a URL without scheme or port is one of NATS', () => {
  assert.equal(parseBrokerUrl('h'), { host: 'h', port: 4222 });
  assert.equal(parseBrokerUrl('tls://[::1]:5'), { host: '::1', port: 5 });
});

urls('TLS is in the scheme, and can be put there', () => {
  assert.equal(['tls://h', 'TLS://h', 'nats://h', 'tls.example:4'].map(isTlsUrl), [true, true, false, false]);
  assert.equal(['nats://h:1', 'tls://h:1', 'h:1'].map(withTls), ['tls://h:1', 'tls://h:1', 'tls://h:1']);
});

urls.run();
