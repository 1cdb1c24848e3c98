/** A client with a wrong token: it waits for the answer, fills no trail, and is in nobody else's way. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttemptBounds, FailedAttempts, peerOf } from '../../../src/broker/admission/failed-attempts.js';
import { RefusalLog } from '../../../src/broker/admission/refusal-log.js';
import { Refusals } from '../../../src/broker/admission/refusals.js';
import type { BrokerEvent } from '../../../src/broker/broker-event.js';
import { type BrokerBounds, DEFAULT_BOUNDS } from '../../../src/broker/options.js';
import { BrokerServer } from '../../../src/broker/server.js';
import { OwnTime } from '../../support/own-time.js';
import { until } from '../../support/programs.js';
import { RawNats } from '../../support/raw-nats.js';
import { withTimersByHand } from '../../support/timers-by-hand.js';

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

refusals('it forgives an address exactly when it was quiet for a minute, and begins its second anew', () => {
  const attempts = new FailedAttempts({ ...SMALL, promptRefusals: 1, maxFailuresPerSecond: 2 });
  const fail = (now: number): number | undefined => {
    const wait = attempts.fail('a', now);
    attempts.release('a');
    return wait;
  };
  // Late enough that a sum of two times is not their difference.
  const start = 500_000;
  assert.equal([fail(start), fail(start + 60_000), fail(start + 120_001)], [100, 200, 100]);
  assert.equal([fail(start + 121_001), attempts.mayTry('a', start + 121_001)], [200, true]);
  assert.equal([fail(start + 122_000), attempts.mayTry('a', start + 122_000)], [400, false]);
  assert.ok(attempts.mayTry('a', start + 122_001));
  assert.equal([fail(start + 122_001), attempts.mayTry('a', start + 122_001)], [800, true]);
});

refusals('it takes nothing back for an address that it does not know', () => {
  const attempts = new FailedAttempts({ ...SMALL, maxHeld: 1 });
  attempts.release('stranger');
  assert.is(attempts.fail('a', 0), 100);
  assert.is(attempts.fail('b', 0), undefined);
});

refusals('it forgets, of the addresses without a waiting answer, the one that failed longest ago', () => {
  const attempts = new FailedAttempts({ ...SMALL, maxFailuresPerSecond: 1, maxHeld: 2, maxHeldPerPeer: 1 });
  const isKnown = (peer: string): boolean => !attempts.mayTry(peer, 0);
  // Beside the answers that may wait there is room for 1024 others.
  attempts.fail('waits', 0);
  for (let peer = 0; peer < 1025; peer++) {
    attempts.fail(`p${peer}`, 0);
    attempts.release(`p${peer}`);
  }
  assert.equal(['waits', 'p0', 'p1'].map(isKnown), [true, true, true]);
  attempts.fail('p0', 0);
  attempts.release('p0');
  attempts.fail('one more', 0);
  assert.equal(['waits', 'p0', 'p1', 'p2', 'one more'].map(isKnown), [true, true, false, true, true]);
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

refusals('it keeps no count of what it has told, and names the last reason', () => {
  const log = new RefusalLog();
  assert.ok(log.isEmpty);
  assert.equal(log.refused('a', 'a:1', 'first'), { type: 'auth-failed', address: 'a:1', reason: 'first' });
  assert.not(log.isEmpty, 'a quiet second is still to come');
  assert.is(log.refused('a', 'a:2', 'second'), undefined);
  assert.is(log.refused('a', 'a:3', 'third'), undefined);
  log.refused('b', 'b:1', 'other');
  log.refused('b', 'b:2', 'other');
  assert.equal(log.endSecond(), [
    { type: 'auth-failures', address: 'a', count: 2, reason: 'third' },
    { type: 'auth-failures', address: 'b', count: 1, reason: 'other' },
  ]);
  assert.equal(log.endSecond(), []);
  assert.ok(log.isEmpty);
  assert.ok(log.refused('a', 'a:4', 'anew'));
});

/** A client that writes down how it was ended. */
class Knocker {
  readonly address: string;
  readonly host: string;
  readonly ends: string[] = [];

  constructor(host: string) {
    this.host = host;
    this.address = `${host}:7`;
  }

  fail(reason: string): void {
    this.ends.push(`told ${reason}`);
  }

  cut(reason: string): void {
    this.ends.push(`cut ${reason}`);
  }
}

const SECOND_MS = 1000;

refusals('it answers late, once, and lets the next wait as soon as the answer has gone', () => {
  withTimersByHand((timers) => {
    const door = new Refusals({ ...SMALL, maxHeldPerPeer: 1 }, () => {});
    const knockers = [1, 2, 3].map(() => new Knocker('10.0.0.1'));
    const [first, beyond, next] = knockers as [Knocker, Knocker, Knocker];
    door.refuse(first);
    door.refuse(beyond);
    assert.equal(
      knockers.map(({ ends }) => ends),
      [[], ['cut Authorization Violation'], []],
    );
    timers.ring(SMALL.refusalDelayMs);
    assert.equal(first.ends, ['told Authorization Violation']);
    door.refuse(next);
    assert.equal(next.ends, [], 'there is room again');
    door.stop();
    assert.equal(timers.set, [], 'nobody is answered any more');
    assert.equal(next.ends, []);
  });
});

refusals('it hears nobody of an address that fails too often, cuts it, and tells why', () => {
  withTimersByHand(() => {
    const events: BrokerEvent[] = [];
    const door = new Refusals({ ...SMALL, maxFailuresPerSecond: 1 }, (event) => events.push(event));
    const knocker = new Knocker('::ffff:10.0.0.1');
    const other = new Knocker('10.0.0.2');
    assert.ok(door.hears(knocker));
    door.refuse(knocker);
    assert.not(door.hears(knocker));
    assert.equal(knocker.ends, ['cut Authorization Violation']);
    assert.ok(door.hears(other));
    assert.equal(other.ends, []);
    door.stop();
    assert.equal(events, [
      { type: 'auth-failed', address: knocker.address, reason: 'Authorization Violation' },
      {
        type: 'auth-failures',
        address: '10.0.0.1',
        count: 1,
        reason: 'not looked at, since its address fails too often',
      },
    ]);
  });
});

refusals('it tells the counts of each second, until a second is quiet', () => {
  withTimersByHand((timers) => {
    const events: BrokerEvent[] = [];
    const door = new Refusals(SMALL, (event) => events.push(event));
    const tell = (times: number): void => {
      for (let time = 0; time < times; time++) door.tell(new Knocker('10.0.0.1'), 'why');
    };
    const told = (): readonly unknown[] =>
      events.splice(0).map((event) => (event.type === 'auth-failures' ? event.count : event.type));
    tell(3);
    assert.equal(timers.set, [SECOND_MS], 'one second is for all');
    assert.equal(told(), ['auth-failed']);
    timers.ring(SECOND_MS);
    assert.equal(told(), [2]);
    tell(1);
    timers.ring(SECOND_MS);
    assert.equal(told(), [1]);
    assert.equal(timers.set, [SECOND_MS]);
    timers.ring(SECOND_MS);
    assert.equal([told(), timers.set], [[], []]);
    tell(2);
    assert.equal(timers.set, [SECOND_MS], 'it counts again');
    door.stop();
    assert.equal([told(), timers.set], [['auth-failed', 1], []]);
    door.stop();
    assert.equal(told(), []);
  });
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
    using time = new OwnTime();
    assert.is(await (await knock('wrong')).closed(), DENIED);
    assert.ok(time.ms < 1000, `${time.ms} ms`);
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
  const isLetIn = async (): Promise<boolean> => {
    const client = await knock('right');
    const said = await client.flush().catch(() => client.received);
    assert.is(said, '', 'unread: it may be right, so nothing is said of it');
    return !client.socket.destroyed;
  };
  // The second may pass before the third is read.
  await until('it is cut', async () => {
    for (let wrong = 0; wrong < 2; wrong++) await knock('wrong');
    return !(await isLetIn());
  });
  assert.is(await (await knock('right', '127.0.0.2')).flush(), '');
  assert.is(await settled.flush(), '', 'who is in stays in');
  await until('it is let in after a second', isLetIn);
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
