/** Where a master is reached that listens on all interfaces. */
import type { NetworkInterfaceInfo } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hostFromHere, hostsFromElsewhere, natsUrl } from '../../../src/cli/process/reachable-hosts.js';

const one = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;

const LOOPBACK = { lo: [one('127.0.0.1', true), one('::1', true)] };
const SEVERAL = {
  ...LOOPBACK,
  eth0: [one('2001:db8::7'), one('10.0.0.7'), one('fe80::1')],
  eth1: [one('192.168.1.7'), one('169.254.3.4')],
  gone: undefined,
};

const hosts = suite('reachable hosts');

hosts('an address is what it is', () => {
  for (const host of ['127.0.0.1', 'head', '10.1.2.3', '::1']) {
    assert.is(hostFromHere(host), host);
    assert.equal(hostsFromElsewhere(host, SEVERAL), [host]);
  }
});

hosts('all interfaces are named, and none that leads elsewhere', () => {
  assert.equal(hostsFromElsewhere('0.0.0.0', SEVERAL), ['10.0.0.7', '192.168.1.7']);
  assert.equal(hostsFromElsewhere('::', SEVERAL), ['10.0.0.7', '192.168.1.7', '2001:db8::7']);
  assert.equal([hostFromHere('0.0.0.0'), hostFromHere('::')], ['127.0.0.1', '::1']);
});

hosts('a machine without a network has loopback', () => {
  assert.equal(hostsFromElsewhere('0.0.0.0', LOOPBACK), ['127.0.0.1']);
  assert.equal(hostsFromElsewhere('::', {}), ['::1']);
  assert.is(natsUrl('::1', 4), 'nats://[::1]:4');
});

hosts.run();
