/** The parts of a server that need no connection: slots, cache, folders, output, checks of options, delays. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../src/errors.js';
import { retryDelayMs } from '../../src/machines/farm/retry-delay.js';
import { passwordAuth } from '../../src/machines/protocol/auth.js';
import { BundleCache } from '../../src/machines/server/bundle-cache.js';
import { OutputValve } from '../../src/machines/server/output-valve.js';
import { type ServerOptions, serverSettings } from '../../src/machines/server/server-options.js';
import { Slots } from '../../src/machines/server/slots.js';
import { addressOf, UnprovedSockets } from '../../src/machines/server/unproved-sockets.js';
import { WorkFolders } from '../../src/machines/server/work-folders.js';
import { until } from '../support/programs.js';
import { generator } from '../support/random.js';

const test = suite('parts of servers');
const folder = mkdtempSync(join(tmpdir(), 'ts-mw-server-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('slots go to who asks first, and the rest of a request waits in line', () => {
  const slots = new Slots(4);
  assert.equal(slots.ask('a', 3), { lease: 'a', slots: 3, wanted: 3 });
  assert.equal(slots.ask('b', undefined), { lease: 'b', slots: 1, wanted: 4 });
  assert.equal(slots.ask('c', 2), { lease: 'c', slots: 0, wanted: 2 });
  assert.is(slots.free, 0);
  assert.equal(slots.release('a'), [{ lease: 'b', slots: 4, wanted: 4 }]);
  assert.equal(slots.release('b'), [{ lease: 'c', slots: 2, wanted: 2 }]);
  assert.equal(slots.release('nobody'), []);
  assert.is(slots.free, 2);
});

test('however leases come and go, no slot is given twice, and none is free while somebody waits', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = generator(seed);
    const slots = new Slots(5);
    const has = new Map<string, { slots: number; wanted: number }>();
    for (let step = 0; step < 60; step++) {
      const ids = [...has.keys()];
      const leaving = ids[Math.floor(random() * ids.length)];
      if (leaving !== undefined && random() < 0.5) {
        has.delete(leaving);
        for (const grant of slots.release(leaving)) has.set(grant.lease, grant);
      } else {
        has.set(`${step}`, slots.ask(`${step}`, 1 + Math.floor(random() * 6)));
      }
      const given = [...has.values()].reduce((sum, one) => sum + one.slots, 0);
      assert.is(given + slots.free, 5, `seed ${seed}, step ${step}`);
      const isWaiting = [...has.values()].some((one) => one.slots < one.wanted);
      assert.ok(!isWaiting || slots.free === 0, `seed ${seed}, step ${step}`);
    }
  }
});

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

test('bundles are kept whole, by their hash, and a damaged one is none', async () => {
  const cache = new BundleCache(join(folder, 'cache'), () => {});
  const sha256 = hashOf('one');
  assert.is(await cache.begin(sha256), false);
  await cache.put(sha256, Buffer.from('two')).then(
    () => assert.unreachable('it was taken'),
    (error: Error) => assert.match(error.message, /another SHA-256/),
  );
  await cache.put(sha256, Buffer.from('one'));
  assert.is(await cache.begin(sha256), true);
  assert.is(statSync(join(folder, 'cache')).mode & 0o777, 0o700);
  writeFileSync(cache.pathOf(sha256), 'damaged');
  assert.is(await cache.begin(sha256), false);
});

test('bundles beyond the bounds go, those used last and those in use stay', async () => {
  const dropped: string[] = [];
  const cache = new BundleCache(join(folder, 'bounded'), (sha256) => dropped.push(sha256), {
    files: 2,
    bytes: 10,
  });
  const names = ['1111', '2222', '3333', '4444'];
  for (const [index, text] of names.entries()) {
    await cache.begin(hashOf(text));
    await cache.put(hashOf(text), Buffer.from(text));
    utimesSync(cache.pathOf(hashOf(text)), index, index);
  }
  await cache.end(hashOf('4444'));
  assert.equal(dropped, [], 'the others are in use, and it is the newest');
  await cache.end(hashOf('1111'));
  await cache.end(hashOf('3333'));
  assert.equal(dropped, [hashOf('1111')]);
  await cache.end(hashOf('2222'));
  assert.equal(dropped, [hashOf('1111'), hashOf('2222')]);
});

test('folders of a server that was killed go with the next one; those of living ones stay', async () => {
  const root = join(folder, 'work');
  for (const name of ['999999999-5-1', `${process.pid}-1-1`, 'of somebody else']) {
    mkdirSync(join(root, name, 'LEASE-1'), { recursive: true });
  }
  const living = new WorkFolders(root);
  const folders = new WorkFolders(root);
  assert.equal(readdirSync(root).length, 3);
  const lease = await folders.open('LEASE-1', { 'ca.pem': 'text' });
  assert.equal(readdirSync(lease).sort(), ['files', 'tmp']);
  assert.is(statSync(join(lease, 'files', 'ca.pem')).mode & 0o777, 0o600);
  await folders.open('LEASE-2', { '../x': '' }).then(
    () => assert.unreachable('it was taken'),
    (error: Error) => assert.match(error.message, /a file with the name/),
  );
  await folders.remove(lease);
  await folders.remove(lease);
  folders.close();
  living.close();
  assert.equal(readdirSync(root), ['of somebody else']);
  assert.not(existsSync(lease));
});

test('connections that prove nothing are bounded in time and number, and the newest ones stay', async () => {
  const dropped: string[] = [];
  const bounded = (ofPeer: number, patienceMs: number): UnprovedSockets =>
    new UnprovedSockets((_, reason) => void dropped.push(reason), { together: 3, ofPeer, patienceMs });
  // Of those that come one after the other none is late
  let unproved = bounded(2, 60_000);
  let proves = false;
  const listener = createServer((socket) => {
    unproved.add(socket);
    if (proves) unproved.proved(addressOf(socket));
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  const closed: number[] = [];
  const open = async (number: number): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port }).resume();
    socket.on('error', () => {});
    socket.once('close', () => closed.push(number));
    await once(listener, 'connection');
  };
  for (const number of [1, 2, 3]) await open(number);
  await until('one is closed', () => closed.length > 0);
  assert.equal(closed, [1], 'the oldest made room');
  assert.equal(dropped.splice(0), ['too many connections that prove nothing']);
  unproved.closeAll();
  await until('the others are closed', () => closed.length === 3);
  unproved = bounded(2, 60);
  proves = true;
  await open(4);
  proves = false;
  await open(5);
  await until('the next is closed', () => closed.length > 3);
  assert.equal(closed.slice(3), [5], 'one that has proved itself is not hurried');
  assert.equal(dropped, ['it proved nothing in time']);
  unproved.closeAll();
  await until('all are closed', () => closed.length === 5);
  listener.close();
});

test('what slaves print is bounded, and what was dropped is counted', () => {
  const passed: string[] = [];
  const slaves: unknown[] = [];
  const valve = new OutputValve((_, text, slave) => slaves.push(slave) + passed.push(text));
  valve.take('stdout', 'x'.repeat(300 * 1024), 0, 1);
  valve.take('stdout', 'y', 999, 2);
  assert.is(passed.join('').length, 256 * 1024);
  valve.take('stderr', 'z', 1000, 2);
  assert.equal(slaves.slice(-2), [undefined, 2], 'the notice is of no slave');
  assert.equal(passed.slice(-2), [
    '[the server dropped 45057 characters: slaves print more than 256 KB per second]\n',
    'z',
  ]);
});

test('a machine is tried again after a second, then less and less often, a server not at the same time as others do', () => {
  const delays = (kind: 'ssh' | 'server', random: number): number[] =>
    [1, 2, 3, 4, 5, 7, 99].map((failures) => retryDelayMs(kind, failures, random));
  assert.equal(delays('server', 1), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  assert.equal(delays('server', 0), [500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
  for (const random of [0, 1])
    assert.equal(delays('ssh', random), [1_000, 2_000, 4_000, 8_000, 16_000, 60_000, 60_000]);
});

const PAIR = { cert: 'c', key: 'k' };
const auth = passwordAuth({ passwords: {} });
const settings = (host: string, options: ServerOptions) =>
  serverSettings(host, 1, options, { emit: () => {} });

test('a server that lets strangers run code does not start', () => {
  for (const [host, options, part] of [
    ['0.0.0.0', {}, /could run code here; give --token-file FILE/],
    ['10.0.0.1', { tls: PAIR }, /could run code here/],
    ['10.0.0.1', { token: 't' }, /expected TLS on 10.0.0.1/],
    ['127.0.0.1', { token: 't', auth }, /either a token or an auth/],
    ['127.0.0.1', { allowedUsers: ['alice'] }, /names in certificates/],
    ['127.0.0.1', { token: 't', allowedUsers: ['alice'] }, /names in certificates/],
    ['127.0.0.1', { slots: 0 }, /from 1 to 1024 slots, got 0/],
    ['127.0.0.1', { token: '' }, /not empty/],
    ['127.0.0.1', { tls: {} as never }, /a certificate and its key/],
  ] as const) {
    assert.throws(
      () => settings(host, options),
      (error: Error) => error instanceof UsageError && part.test(error.message),
    );
  }
  assert.is(settings('127.0.0.1', {}).isOpen, true);
  assert.is(settings('127.0.0.1', { token: 't' }).isOpen, false);
  assert.is(settings('0.0.0.0', { tls: { ...PAIR, ca: 'a' }, allowedUsers: ['alice'] }).isOpen, false);
  assert.is(settings('0.0.0.0', { auth, insecure: true, allowedUsers: ['alice'] }).auth, auth);
});

test.run();
