/** Cells from sentinel to sentinel: a master's and a slave's core, their messages delivered, lost and out of turn. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SentinelEvent } from '../../../src/link/ports.js';
import { SentinelCore } from '../../../src/link/sentinel/sentinel-core.js';
import { createCells, type SharedCells } from '../../../src/link/shared/shared-state.js';
import { Subjects } from '../../../src/wire/messages/subjects.js';

const RUN = '00112233445566ff';
const NAMES = ['a', 'b'];
const peerOf = (letter: string, sid: number) => ({
  user: '_',
  nonce: letter.repeat(32),
  run: RUN,
  sid,
  slot: sid,
});
const common = {
  memberId: 'm',
  clientTimeoutMs: 10_000,
  broker: 'embedded',
  counters: () => undefined,
} as const;
const claims = {
  takeBack: () => 0,
  cancel: () => 'gone' as const,
  isRunning: () => false,
  condemn: () => false,
} as const;

class Process {
  readonly cells: SharedCells | undefined;
  readonly core: SentinelCore;
  readonly events: SentinelEvent[] = [];

  constructor(role: 'master' | 'slave', names: readonly string[]) {
    this.cells = createCells(names);
    const own = { ...common, cells: this.cells };
    this.core =
      role === 'master'
        ? new SentinelCore({ ...own, role, run: RUN })
        : new SentinelCore({
            ...own,
            role,
            claims,
            activity: () => ({ running: -1, runningMs: 0, begun: 0, memoryBytes: 0 }),
          });
  }

  /** Messages about cells: subject and text. */
  take(): (readonly [string, string])[] {
    const { publishes, events } = this.core.take();
    this.events.push(...events);
    return publishes
      .filter(({ text }) => /"type":"(cells|offers)"/.test(text))
      .map(({ subject, text }) => [subject, text] as const);
  }
}

class Pair {
  now = 0;
  readonly peer = peerOf('a', 0);
  readonly master: Process;
  readonly slave: Process;
  #version = 0;

  constructor(names = { master: NAMES, slave: NAMES }) {
    this.master = new Process('master', names.master);
    this.slave = new Process('slave', names.slave);
    this.slave.core.request({ op: 'listen', user: '_', nonce: this.peer.nonce }, 0);
    for (const { core } of [this.slave, this.master]) core.request({ op: 'watch', peer: this.peer }, 0);
    this.pass();
  }

  set(at: number, text: string): void {
    const isNews = this.master.cells?.values.write(at, { version: ++this.#version, text });
    if (isNews) this.master.core.request({ op: 'cells' }, this.now);
  }

  offer(at: number, serial: number, text: string): void {
    const isNews = this.slave.cells?.offers.write(at, { version: serial, text });
    if (isNews) this.slave.core.request({ op: 'cells' }, this.now);
  }

  /** Lets `ms` milliseconds pass; messages arrive at once, those of `lost` never. */
  pass(ms = 0, lost: readonly (Process | undefined)[] = []): string[] {
    const texts: string[] = [];
    const end = this.now + ms;
    for (;;) {
      for (let round = 0; round < 4; round++) texts.push(...this.#exchange(lost));
      const dueAt = Math.min(this.master.core.cellsDueAt, this.slave.core.cellsDueAt);
      if (dueAt > end || this.now >= end) break;
      this.now = Math.max(this.now + 1, Math.ceil(dueAt));
    }
    this.now = end;
    return texts;
  }

  #exchange(lost: readonly (Process | undefined)[]): string[] {
    const texts: string[] = [];
    for (const [from, to] of [
      [this.master, this.slave],
      [this.slave, this.master],
    ] as const) {
      from.core.sendCells(this.now);
      for (const [subject, text] of from.take()) {
        texts.push(text);
        if (!lost.includes(from)) to.core.receive(subject, text, this.now);
      }
    }
    return texts;
  }

  seen(at: number): string | undefined {
    return this.slave.cells?.values.read(at)?.text;
  }

  get offers(): unknown[] {
    return this.master.events.flatMap((event) => (event.type === 'offers' ? [event.offers] : []));
  }
}

const test = suite('cell exchange');

test('a thousand changes in 100 ms become at most a dozen messages, and the last one arrives', () => {
  const pair = new Pair();
  let messages = 0;
  for (let n = 1; n <= 1_000; n++) {
    pair.set(0, String(n));
    if (n % 10 === 0) messages += pair.pass(1).filter((text) => text.includes('"type":"cells"')).length;
  }
  messages += pair.pass(10).filter((text) => text.includes('"type":"cells"')).length;
  assert.is(pair.seen(0), '1000');
  assert.ok(messages <= 12, `${messages} messages`);
  assert.equal(pair.pass(3_000), [], 'all is confirmed');
});

test('a value comes again until it is confirmed', () => {
  const pair = new Pair();
  pair.set(1, '7');
  pair.pass(150, [pair.master]);
  assert.is(pair.seen(1), undefined);
  pair.pass(100, [pair.slave]);
  assert.is(pair.seen(1), '7');
  assert.ok(pair.pass(2_000).length > 0, 'the confirmation was lost');
  assert.equal(pair.pass(3_000), []);
});

test('an older message that comes late changes nothing', () => {
  const pair = new Pair();
  pair.set(0, '1');
  pair.master.core.sendCells(pair.now);
  const late = pair.master.take();
  pair.set(0, '2');
  pair.pass(20);
  for (const [subject, text] of late) pair.slave.core.receive(subject, text, pair.now);
  assert.is(pair.seen(0), '2');
});

test('offers reach main, come again until it has folded them, and are then taken with the value', () => {
  const pair = new Pair();
  pair.offer(0, 1, '5');
  pair.offer(1, 1, '6');
  pair.pass(20);
  assert.equal(pair.offers, [
    [
      ['a', 1, '5'],
      ['b', 1, '6'],
    ],
  ]);
  // Main is busy for long: more is offered, and each message says all
  pair.offer(0, 2, '4');
  pair.pass(5_000);
  assert.is(pair.slave.cells?.offers.isTaken(0, 2), false);
  assert.ok(pair.offers.length < 15, `${pair.offers.length} messages in five seconds`);
  assert.equal(pair.offers.at(-1), [
    ['b', 1, '6'],
    ['a', 2, '4'],
  ]);
  const last = pair.master.events.findLast((event) => event.type === 'offers');
  pair.set(0, '4');
  const { news } = pair.slave.cells?.values ?? { news: -1 };
  pair.master.core.request({ op: 'offers-taken', taken: [[pair.peer.nonce, last?.id ?? 0]] }, pair.now);
  pair.pass(20);
  assert.is(pair.seen(0), '4');
  assert.is(pair.slave.cells?.offers.isTaken(0, 2), true);
  assert.is(pair.slave.cells?.offers.isTaken(1, 1), true);
  assert.is.not(pair.slave.cells?.values.news, news);
  assert.equal(pair.pass(3_000), []);
});

test('main is woken for offers at most once in 20 ms, by all slaves together, and hears the last one', () => {
  const master = new Process('master', NAMES);
  const subjects = new Subjects(common.memberId);
  const peers = ['a', 'b', 'c'].map((letter, sid) => peerOf(letter, sid));
  for (const peer of peers) master.core.request({ op: 'watch', peer }, 0);
  master.core.sendCells(0);
  master.take();
  const wakes: number[] = [];
  for (let now = 100; now < 200; now++) {
    for (const { user, nonce, run, sid } of peers) {
      const offers = [['a', now, String(now)]];
      const text = JSON.stringify({ type: 'offers', run, nonce, sid, id: now, seen: 0, offers });
      master.core.receive(subjects.masterControl({ user, nonce }), text, now);
    }
    master.core.sendCells(now);
    const before = master.events.length;
    master.take();
    if (master.events.length > before) wakes.push(now);
  }
  assert.equal(wakes, [100, 120, 140, 160, 180]);
  const last = master.events.slice(-3);
  assert.ok(last.every((event) => event.type === 'offers' && event.id === 180));
  assert.is(new Set(last.map((event) => 'nonce' in event && event.nonce)).size, 3);
  assert.is(master.core.cellsDueAt, 200);
});

test('main hears what a slave has offered before it hears that the slave leaves', () => {
  const pair = new Pair();
  pair.offer(0, 1, '5');
  pair.pass(25);
  pair.offer(0, 2, '3');
  const bye = { command: 'bye', running: [], begun: 0, sent: 0 } as const;
  pair.slave.core.request({ op: 'command', nonce: pair.peer.nonce, id: 1, body: bye }, pair.now);
  const { publishes } = pair.slave.core.take();
  for (const { subject, text } of publishes) pair.master.core.receive(subject, text, pair.now);
  pair.master.take();
  const heard = pair.master.events.map(({ type }) => type).filter((type) => /^(offers|bye)$/.test(type));
  assert.equal(heard, ['offers', 'offers', 'bye']);
});

test('an offer that is repeated after it was folded is only answered', () => {
  const pair = new Pair();
  pair.offer(0, 1, '5');
  pair.pass(20);
  pair.master.core.request({ op: 'offers-taken', taken: [[pair.peer.nonce, 1]] }, pair.now);
  pair.pass(100, [pair.master]);
  assert.is(pair.slave.cells?.offers.isTaken(0, 1), false);
  pair.pass(2_000);
  assert.is(pair.slave.cells?.offers.isTaken(0, 1), true);
  assert.is(pair.offers.length, 1);
});

test('values that take several messages come before the offers in them are said to be taken', () => {
  const names = Array.from({ length: 20 }, (_, at) => `n${at}`);
  const pair = new Pair({ master: names, slave: names });
  pair.offer(19, 1, '1');
  pair.pass(20);
  for (let at = 0; at < 20; at++) pair.set(at, `"${'x'.repeat(4_000)}"`);
  pair.master.core.request({ op: 'offers-taken', taken: [[pair.peer.nonce, 1]] }, pair.now);
  for (let ms = 0; ms < 100; ms++) {
    pair.pass(1);
    if (pair.slave.cells?.offers.isTaken(19, 1)) assert.is(pair.seen(19)?.length, 4_002);
  }
  assert.is(pair.slave.cells?.offers.isTaken(19, 1), true);
  assert.equal(pair.pass(3_000), []);
});

test('a slave that leaves tells its last offers first', () => {
  const pair = new Pair();
  pair.offer(0, 1, '5');
  pair.pass(0);
  pair.offer(0, 2, '3');
  const bye = { command: 'bye', running: [], begun: 0, sent: 0 } as const;
  pair.slave.core.request({ op: 'command', nonce: pair.peer.nonce, id: 1, body: bye }, pair.now);
  const { publishes } = pair.slave.core.take();
  const kinds = publishes.map(({ text }) => (text.includes('"3"') ? 'offer' : /bye/.test(text) ? 'bye' : ''));
  assert.equal(
    kinds.filter((kind) => kind !== ''),
    ['offer', 'bye'],
  );
});

for (const names of [
  { master: NAMES, slave: [] },
  { master: [], slave: NAMES },
  { master: ['a'], slave: ['b'] },
]) {
  test(`programs with other cells leave each other in peace: ${JSON.stringify(names)}`, () => {
    const pair = new Pair(names);
    if (names.master.length > 0) pair.set(0, '1');
    if (names.slave.length > 0) pair.offer(0, 1, '2');
    pair.pass(20);
    for (const event of pair.master.events) {
      if (event.type !== 'offers') continue;
      pair.master.core.request({ op: 'offers-taken', taken: [[event.nonce, event.id]] }, pair.now);
    }
    pair.pass(20);
    assert.equal(pair.pass(3_000), []);
    if (names.slave.length > 0) {
      assert.is(pair.seen(0), undefined);
      assert.is(pair.slave.cells?.offers.isTaken(0, 1), true);
    }
  });
}

test('with thousands of slaves a round takes its time', () => {
  const master = new Process('master', NAMES);
  for (let sid = 0; sid < 2_000; sid++) {
    const nonce = sid.toString(16).padStart(32, '0');
    master.core.request({ op: 'watch', peer: { user: '_', nonce, run: RUN, sid, slot: sid } }, 0);
  }
  master.core.sendCells(0);
  master.take();
  master.cells?.values.write(0, { version: 1, text: '1' });
  master.core.request({ op: 'cells' }, 1);
  assert.is(master.core.cellsDueAt, 60);
  master.core.sendCells(59);
  assert.is(master.take().length, 0);
  master.core.sendCells(60);
  assert.is(master.take().length, 2_000);
});

test('without a connection nothing is due', () => {
  const pair = new Pair();
  pair.master.core.connection(false, 0);
  pair.set(0, '1');
  assert.is(pair.master.core.cellsDueAt, Number.POSITIVE_INFINITY);
  assert.equal(pair.pass(50), []);
  pair.master.core.connection(true, pair.now);
  pair.pass(20);
  assert.is(pair.seen(0), '1');
});

test.run();
