/** Who comes to the broker with a wrong token: waits for the answer, fills no trail, and is in nobody else's way. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttemptBounds, FailedAttempts, peerOf } from '../../../src/broker/admission/failed-attempts.js';
import { RefusalLog } from '../../../src/broker/admission/refusal-log.js';
import type { BrokerEvent } from '../../../src/broker/broker-event.js';
import { type BrokerBounds, DEFAULT_BOUNDS } from '../../../src/broker/options.js';
import { BrokerServer } from '../../../src/broker/server.js';
import { RawNats } from '../../support/raw-nats.js';

const refusals = suite('refusals');

const SMALL: AttemptBounds = {
  refusalDelayMs: 100,
  promptRefusals: 2,
  maxRefusalDelayMs: 2000,
  maxFailuresPerSecond: 4,
  maxHeldPerPeer: 3,
  maxHeld: 5,
};

refusals(
  'it answers the first failures of an address soon, then later and later, and forgives in time',
  () => {
    const attempts = new FailedAttempts({ ...SMALL, maxHeldPerPeer: 100, maxHeld: 100 });
    const waits = Array.from({ length: 8 }, (_, index) => attempts.fail('a', index));
    assert.equal(waits, [100, 100, 200, 400, 800, 1600, 2000, 2000]);
    assert.is(attempts.fail('b', 7), 100);
    assert.is(attempts.fail('a', 60_000), 2000);
    assert.is(attempts.fail('a', 120_001), 100);
  },
);

refusals(
  'it looks at no credentials of an address with too many failures in a second, and at all others',
  () => {
    const attempts = new FailedAttempts({ ...SMALL, maxHeldPerPeer: 100, maxHeld: 100 });
    for (let failure = 0; failure < 4; failure++) {
      assert.ok(attempts.mayTry('a', failure));
      attempts.fail('a', failure);
      attempts.release('a');
    }
    assert.not(attempts.mayTry('a', 4));
    assert.ok(attempts.mayTry('b', 4));
    assert.not(attempts.mayTry('a', 999));
    assert.ok(attempts.mayTry('a', 1000), 'a second later');
    attempts.fail('a', 1000);
    assert.ok(attempts.mayTry('a', 1001), 'and counted anew');
  },
);

refusals('it lets a bounded number of answers wait, and looks at credentials all the same', () => {
  const attempts = new FailedAttempts({ ...SMALL, maxFailuresPerSecond: 100 });
  for (let failure = 0; failure < 3; failure++) attempts.fail('a', 0);
  assert.is(attempts.fail('a', 0), undefined, 'three wait for this address');
  assert.ok(attempts.mayTry('a', 0));
  assert.equal([attempts.fail('b', 0), attempts.fail('b', 0)], [100, 100]);
  assert.is(attempts.fail('c', 0), undefined, 'five wait in all');
  assert.ok(attempts.mayTry('c', 0));
  attempts.release('a');
  assert.is(attempts.fail('c', 0), 100);
});

refusals('it remembers a bounded number of addresses, those among them whose answers wait', () => {
  const attempts = new FailedAttempts({
    ...SMALL,
    promptRefusals: 1,
    maxFailuresPerSecond: 1,
    maxHeldPerPeer: 1,
  });
  attempts.fail('waiting', 0);
  for (let peer = 0; peer < 100_000; peer++) {
    const delay = attempts.fail(`peer-${peer}`, 0);
    if (delay !== undefined) attempts.release(`peer-${peer}`);
  }
  assert.not(attempts.mayTry('waiting', 1));
  assert.is(attempts.fail('peer-0', 1), 100, 'the first ones were forgotten');
  assert.is(attempts.fail('peer-99999', 1), 200);
});

refusals('it takes the addresses that one machine may give itself for one', () => {
  const cases = [
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::1', '::1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::2:3:4:5:6:7', '0:0:2:3::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
    ['2001::', '2001:0:0:0::/64'],
    ['::FFFF:10.0.0.7', '10.0.0.7'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['undefined', 'undefined'],
  ] as const;
  for (const [address, peer] of cases) assert.is(peerOf(address), peer);
});

refusals('it tells of a flood in one line a peer a second, and of many peers in one for all', () => {
  const log = new RefusalLog();
  const first = (peer: string): boolean => log.refused(peer, `${peer}:1`, 'no') !== undefined;
  assert.ok(first('a'));
  for (let again = 0; again < 1000; again++) assert.not(first('a'));
  assert.equal(log.endSecond(), [{ type: 'auth-failures', address: 'a', count: 1000, reason: 'no' }]);
  assert.not(first('a'), 'its line of this second is the one of its end');
  assert.equal(log.endSecond(), [{ type: 'auth-failures', address: 'a', count: 1, reason: 'no' }]);
  assert.equal(log.endSecond(), []);
  assert.ok(log.isEmpty);
  for (let peer = 0; peer < 32; peer++) assert.ok(first(`p${peer}`));
  assert.not(first('one more'));
  assert.not(log.isEmpty);
  assert.equal(log.endSecond(), [{ type: 'auth-failures', address: 'others', count: 1, reason: 'no' }]);
  assert.ok(log.isEmpty);
  const told = Array.from({ length: 1000 }, (_, peer) => first(`10.0.${peer >> 8}.${peer & 255}`));
  assert.is(told.filter(Boolean).length, 32);
  assert.equal(log.endSecond(), [{ type: 'auth-failures', address: 'others', count: 968, reason: 'no' }]);
});

interface Stage {
  readonly events: BrokerEvent[];
  /** Says CONNECT with this token, from this address of loopback. */
  knock(token: string, from?: string): Promise<RawNats>;
}

function it(name: string, bounds: Partial<BrokerBounds>, body: (stage: Stage) => Promise<void>): void {
  refusals(`it ${name}`, async () => {
    const events: BrokerEvent[] = [];
    const options = { host: '127.0.0.1', port: 0, token: 'right', bounds };
    const server = new BrokerServer(options, (event) => events.push(event));
    const clients: RawNats[] = [];
    try {
      const port = await server.listen();
      await body({
        events,
        async knock(token, from) {
          const connect = { verbose: false, pedantic: false, auth_token: token };
          const client = await RawNats.open(port, `CONNECT ${JSON.stringify(connect)}\r\n`, from);
          clients.push(client);
          return client;
        },
      });
    } finally {
      for (const client of clients) client.close();
      await server.stop();
    }
    const told = events.filter(({ type }) => type.startsWith('auth-'));
    assert.ok(told.length <= 4, JSON.stringify(told));
  });
}

const DENIED = "-ERR 'Authorization Violation'\r\n";
const NEVER_MS = 60_000;

it('answers the first wrong tokens soon, and then later each time', {
  refusalDelayMs: 60,
  promptRefusals: 2,
}, async ({ knock, events }) => {
  for (const least of [60, 60, 120, 240]) {
    const started = performance.now();
    const client = await knock('wrong');
    client.send('PING\r\n');
    assert.is(await client.closed(), DENIED, 'nothing is heard of it meanwhile');
    assert.ok(performance.now() - started >= least - 2, `${performance.now() - started} ms`);
  }
  const client = await knock('right');
  assert.is(await client.flush(), '');
  const [first] = events;
  assert.is(first?.type, 'auth-failed');
});

it('answers five wrong tokens of one address, together or one by one, within a second each', {}, async ({
  knock,
}) => {
  const answer = async (): Promise<void> => {
    const started = performance.now();
    assert.is(await (await knock('wrong')).closed(), DENIED);
    assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
  };
  await Promise.all([answer(), answer(), answer()]);
  await answer();
  await answer();
});

it('lets the right token in at once while wrong ones wait, also from the same address', {
  refusalDelayMs: NEVER_MS,
  maxRefusalDelayMs: NEVER_MS,
}, async ({ knock }) => {
  const wrong = await knock('wrong');
  assert.is(await (await knock('right')).flush(), '');
  assert.is(await (await knock('right', '127.0.0.2')).flush(), '');
  assert.is(wrong.received, '');
});

it('lets the right token in however many wrong ones of its address wait, and cuts those beyond', {
  refusalDelayMs: NEVER_MS,
  maxRefusalDelayMs: NEVER_MS,
  maxHeldPerPeer: 2,
}, async ({ knock, events }) => {
  for (let wrong = 0; wrong < 2; wrong++) await knock('wrong');
  for (let beyond = 0; beyond < 3; beyond++) {
    assert.is(await (await knock('wrong')).closed(), '');
    assert.is(await (await knock('right')).flush(), '');
  }
  assert.is(events.filter(({ type }) => type === 'auth-failed').length, 1);
});

it('cuts, unread, who comes from an address that fails too often, for a second; others get in', {
  maxFailuresPerSecond: 2,
}, async ({ knock }) => {
  const settled = await knock('right');
  await settled.flush();
  for (let wrong = 0; wrong < 2; wrong++) await knock('wrong');
  assert.is(await (await knock('right')).closed(), '', 'unread: it may be right, so nothing is said of it');
  assert.is(await (await knock('right', '127.0.0.2')).flush(), '');
  assert.is(await settled.flush(), '', 'who is in stays in');
  const cut = 'cut';
  const began = performance.now();
  while ((await (await knock('right')).flush().catch(() => cut)) === cut) {
    assert.ok(performance.now() - began < 5000, 'let in after a second');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

it('cuts wrong tokens at once when too many wait in all, and lets right ones in', {
  refusalDelayMs: NEVER_MS,
  maxRefusalDelayMs: NEVER_MS,
  maxHeld: 1,
}, async ({ knock }) => {
  await knock('wrong', '127.0.0.3');
  assert.is(await (await knock('wrong')).closed(), '');
  assert.is(await (await knock('right')).flush(), '');
});

refusals('it counts every failure of a flood', async () => {
  const events: BrokerEvent[] = [];
  const bounds = { refusalDelayMs: 1, maxFailuresPerSecond: 100 };
  const options = { host: '127.0.0.1', port: 0, token: 'right', bounds };
  const server = new BrokerServer(options, (event) => events.push(event));
  const port = await server.listen();
  const flood = 300;
  try {
    const clients = await Promise.all(
      Array.from({ length: flood }, () => RawNats.open(port, 'CONNECT {"auth_token":"wrong"}\r\n')),
    );
    for (const client of clients) client.close();
    const right = await RawNats.open(port, 'CONNECT {"auth_token":"right","verbose":false}\r\n', '127.0.0.2');
    await right.flush();
    right.close();
  } finally {
    await server.stop();
  }
  let told = 0;
  let lines = 0;
  for (const event of events) {
    if (event.type !== 'auth-failed' && event.type !== 'auth-failures') continue;
    told += event.type === 'auth-failed' ? 1 : event.count;
    lines++;
  }
  assert.is(told, flood);
  assert.ok(lines < 20, `${lines} lines`);
});

refusals('the bounds that a broker begins with are those of the manual', () => {
  const { refusalDelayMs, promptRefusals, maxRefusalDelayMs, maxFailuresPerSecond, maxHeldPerPeer } =
    DEFAULT_BOUNDS;
  assert.equal(
    [refusalDelayMs, promptRefusals, maxRefusalDelayMs, maxFailuresPerSecond, maxHeldPerPeer],
    [100, 8, 2000, 256, 128],
  );
});

refusals.run();
