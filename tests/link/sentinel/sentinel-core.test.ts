/** Two cores on a wire in memory, under a clock of its own: no thread, no socket, any order of events. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SentinelEvent, SentinelRequest } from '../../../src/link/ports.js';
import { EventQueue } from '../../../src/link/sentinel/event-queue.js';
import { SentinelCore } from '../../../src/link/sentinel/sentinel-core.js';
import type { Publish } from '../../../src/link/sentinel/sentinel-types.js';
import { Claims } from '../../../src/link/shared/claims.js';
import { RunLimit } from '../../../src/link/shared/run-limit.js';
import { TURN_MS } from '../../../src/wire/liveness.js';
import type { Command } from '../../../src/wire/messages/messages.js';
import { Subjects } from '../../../src/wire/messages/subjects.js';
import { processorMs } from '../../support/processor-time.js';

const RUN = '00112233445566ff';
const NONCE = '0123456789abcdef0123456789abcdef';
const TIMEOUT_MS = 10_000;
const subjects = new Subjects('m');
const address = { user: 'u', nonce: NONCE };
const peer = { ...address, run: RUN, sid: 3, slot: 0 };

type Side = 'master' | 'slave';

interface WireOptions {
  /** How often each message arrives; once by default. */
  readonly copies?: () => number;
  /** How many turns late. */
  readonly delay?: () => number;
}

/** A master and a slave, and a broker that answers 503 where nobody listens. */
class Pair {
  now = 0;
  turns = 0;
  readonly claims = new Claims();
  readonly limit = new RunLimit();
  readonly generation = this.claims.reset();
  readonly events: Record<Side, SentinelEvent[]> = { master: [], slave: [] };
  readonly published: Record<Side, Publish[]> = { master: [], slave: [] };
  readonly cores: Record<Side, SentinelCore>;
  readonly alive: Record<Side, boolean> = { master: true, slave: true };
  kills: string[] = [];
  /** To which each is connected. */
  readonly servers: Record<Side, string> = { master: 'one', slave: 'one' };
  /** Position of the slave's data at the master. */
  received = 2;
  executed = 0;
  readonly #options: WireOptions;
  #wire: { at: number; from: Side; publish: Publish }[] = [];

  constructor(options: WireOptions = {}) {
    this.#options = options;
    const common = { memberId: 'm', clientTimeoutMs: TIMEOUT_MS, broker: 'external' as const };
    const claims = {
      takeBack: (generation: number, from: number, to: number) => {
        this.executed += 1;
        return this.claims.takeBack(generation, from, to);
      },
      cancel: (generation: number, index: number) => this.claims.cancel(generation, index),
      isRunning: (generation: number, index: number) => this.claims.isRunning(generation, index),
      condemn: (generation: number, index: number) => this.claims.condemn(generation, index),
    };
    this.cores = {
      master: new SentinelCore({
        ...common,
        role: 'master',
        run: RUN,
        counters: () => ({ sent: 1, received: this.received, limit: 3 }),
        server: () => this.servers.master,
      }),
      slave: new SentinelCore({
        ...common,
        role: 'slave',
        claims,
        counters: () => ({ sent: 4, received: 5, limit: 6 }),
        server: () => this.servers.slave,
        activity: () => ({ ...this.claims.activity(this.now), memoryBytes: 7, processorPercent: 8 }),
        limit: this.limit,
      }),
    };
  }

  request(side: Side, request: SentinelRequest): this {
    this.cores[side].request(request, this.now);
    this.#collect(side);
    return this;
  }

  join(): this {
    this.request('slave', { op: 'listen', ...address });
    this.request('master', { op: 'watch', peer });
    return this.request('slave', { op: 'watch', peer: { ...peer, generation: this.generation } });
  }

  command(id: number, body: Command, side: Side = 'master'): this {
    return this.request(side, { op: 'command', nonce: NONCE, id, body });
  }

  run(ms: number): this {
    for (let t = 0; t < ms; t += TURN_MS) {
      this.now += TURN_MS;
      this.turns += 1;
      this.#deliver();
      for (const side of ['master', 'slave'] as const) {
        if (!this.alive[side]) continue;
        this.cores[side].tick(this.now, 0);
        this.#collect(side);
      }
    }
    return this;
  }

  /** The messages under way never arrive. */
  loseAll(): this {
    this.#wire = [];
    return this;
  }

  types(side: Side): string[] {
    return this.events[side].map(({ type }) => type).filter((type) => type !== 'beat');
  }

  #collect(side: Side): void {
    const { publishes, events, kill } = this.cores[side].take();
    this.events[side].push(...events);
    this.published[side].push(...publishes);
    if (kill !== undefined) this.kills.push(kill);
    for (const publish of publishes) {
      const copies = this.#options.copies?.() ?? 1;
      for (let i = 0; i < copies; i += 1) {
        this.#wire.push({ at: this.turns + (this.#options.delay?.() ?? 0), from: side, publish });
      }
    }
  }

  #deliver(): void {
    const due = this.#wire.filter(({ at }) => at <= this.turns);
    this.#wire = this.#wire.filter(({ at }) => at > this.turns);
    for (const { from, publish } of due) {
      const to = from === 'master' ? 'slave' : 'master';
      if (this.alive[to]) {
        this.cores[to].receive(publish.subject, publish.text, this.now);
        this.#collect(to);
      } else if (publish.reply !== undefined) {
        this.cores[from].noResponders(publish.reply, this.now);
        this.#collect(from);
      }
    }
  }
}

const core = suite('sentinel core');

core('beats each second with what main keeps in the counters', () => {
  const pair = new Pair().join();
  pair.claims.offer(0);
  pair.claims.begin(0, pair.now);
  pair.run(10_000);
  const beats = pair.events.master.filter((e) => e.type === 'beat');
  assert.ok(beats.length >= 10 && beats.length <= 12, `${beats.length} beats with the answer to a probe`);
  const last = beats.at(-1);
  assert.ok(last?.type === 'beat' && last.runningMs !== undefined && last.runningMs > 8_000);
  assert.equal(
    { ...last, runningMs: 0 },
    {
      type: 'beat',
      nonce: NONCE,
      sent: 4,
      received: 5,
      limit: 6,
      begun: 1,
      running: 0,
      runningMs: 0,
      memoryBytes: 7,
      processorPercent: 8,
    },
  );
  assert.ok(pair.events.slave.some((e) => e.type === 'beat' && e.sent === 1 && e.begun === undefined));
  assert.equal([pair.types('master'), pair.types('slave')], [[], []]);
});

core('a slave whose main has not read its welcome answers its master, and is not lost', () => {
  const pair = new Pair();
  pair
    .request('slave', { op: 'listen', ...address })
    .request('master', { op: 'watch', peer })
    .run(60_000);
  assert.equal(pair.types('master'), []);
  pair.command(1, { command: 'recall', from: 0, to: 5 }).run(2_000);
  assert.equal(pair.types('master'), [], 'a recall waits for the session');
  pair.command(2, { command: 'shutdown' }).run(2_000);
  assert.equal(pair.types('slave'), ['shutdown']);
  pair.request('slave', { op: 'watch', peer: { ...peer, generation: pair.generation } }).run(2_000);
  assert.equal(pair.types('master'), ['acknowledged', 'acknowledged']);
  assert.equal(pair.types('slave'), ['shutdown']);
});

core('a slave that vanishes is suspect, then lost; the commands to it are dropped', () => {
  const pair = new Pair().join().run(3_000);
  pair.alive.slave = false;
  pair.command(1, { command: 'shutdown' }).run(5_000);
  assert.equal(pair.types('master'), ['suspect', 'lost']);
  const before = pair.published.master.length;
  pair.run(5_000);
  assert.is(pair.published.master.length, before);
});

core('one that vanishes with its server may come back for the whole timeout', () => {
  const pair = new Pair();
  pair.servers.slave = 'two';
  pair.join().run(1_000);
  pair.alive.slave = false;
  pair.run(TIMEOUT_MS - 2_000);
  assert.equal(pair.types('master'), ['suspect']);
  pair.run(3_000);
  assert.equal(pair.types('master'), ['suspect', 'lost']);
});

core('one whose main has not read its welcome says where it is all the same', () => {
  const pair = new Pair();
  pair
    .request('slave', { op: 'listen', ...address })
    .request('master', { op: 'watch', peer })
    .run(2_000);
  pair.alive.slave = false;
  pair.run(3_400);
  assert.equal(pair.types('master'), ['suspect', 'lost']);
});

core('one whose first beat came before its watch is found as soon', () => {
  const pair = new Pair();
  pair.request('slave', { op: 'listen', ...address });
  pair.request('slave', { op: 'watch', peer: { ...peer, generation: pair.generation } }).loseAll();
  pair.request('master', { op: 'watch', peer }).run(200);
  pair.alive.slave = false;
  pair.run(3_400);
  assert.equal(pair.types('master'), ['suspect', 'lost']);
});

core('one that is back in time is cleared', () => {
  const pair = new Pair().join().run(3_000);
  pair.alive.slave = false;
  pair.run(1_600);
  pair.alive.slave = true;
  pair.run(10_000);
  assert.equal(pair.types('master'), ['suspect', 'cleared']);
});

core('a lost slave that comes back is told once that it is stale, and lives on', () => {
  const pair = new Pair().join().run(3_000);
  pair.alive.slave = false;
  pair.run(6_000);
  pair.alive.slave = true;
  pair.run(60_000);
  assert.equal(
    pair.types('slave').filter((type) => type !== 'suspect' && type !== 'cleared'),
    ['stale'],
  );
  assert.equal(pair.kills, []);
});

core('the slaves of an earlier run are told by an established master only', () => {
  const pair = new Pair();
  const old = { ...peer, run: 'ffeeddccbbaa9988' };
  pair
    .request('slave', { op: 'listen', ...address })
    .request('slave', { op: 'watch', peer: old })
    .run(3_000);
  assert.equal(pair.types('slave'), []);
  pair.request('master', { op: 'established' }).run(2_000);
  assert.equal(pair.types('slave'), ['stale']);
});

const FAREWELL = { running: [4], begun: 6, sent: 9, error: undefined };
const BYE = { command: 'bye', ...FAREWELL } as const;

core('frames from a subject that does not own the session are dropped', () => {
  const pair = new Pair().join().run(1_000);
  pair.events.master = [];
  const bye = { type: 'command', run: RUN, nonce: NONCE, sid: 3, id: 9, body: BYE };
  const master = pair.cores.master;
  const thief = subjects.masterControl({ user: 'thief', nonce: NONCE });
  const elsewhere = subjects.masterControl({ user: 'u', nonce: 'f'.repeat(32) });
  master.receive(thief, JSON.stringify(bye), pair.now);
  master.receive(elsewhere, JSON.stringify(bye), pair.now);
  master.receive(subjects.masterControl(address), JSON.stringify({ ...bye, sid: 4 }), pair.now);
  for (const rubbish of ['', '{', 'null', '[]', '{"type":"beat"}', '{"type":"command","id":1}', '"beat"']) {
    master.receive(subjects.masterControl(address), rubbish, pair.now);
  }
  assert.equal(master.take().events, []);
  master.receive(subjects.masterControl(address), JSON.stringify(bye), pair.now);
  assert.equal(master.take().events, [{ type: 'bye', nonce: NONCE, farewell: FAREWELL }]);
});

core('a slave that said goodbye is not judged any more', () => {
  const pair = new Pair().join().run(1_000).command(1, BYE, 'slave').run(1_000);
  pair.alive.slave = false;
  pair.run(60_000);
  assert.equal(pair.types('master'), ['bye']);
  assert.equal(pair.types('slave'), ['acknowledged']);
});

core('evidence from elsewhere counts at once, unless the slave has said goodbye', () => {
  const evidence = 'process exited with code 0';
  const silent = new Pair().join().run(1_000).request('master', { op: 'evidence', nonce: NONCE, evidence });
  assert.equal(silent.run(0).types('master'), ['lost']);
  const polite = new Pair().join().run(1_000).command(1, BYE, 'slave').run(1_000);
  polite.request('master', { op: 'evidence', nonce: NONCE, evidence }).run(1_000);
  assert.equal(polite.types('master'), ['bye']);
});

core('each command is run once and answered alike, however often it comes', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    let state = seed;
    const chance = (): number => {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return state / 4_294_967_296;
    };
    const pair = new Pair({
      copies: () => (chance() < 0.3 ? 0 : chance() < 0.3 ? 3 : 1),
      delay: () => Math.floor(chance() * 4),
    }).join();
    for (let index = 0; index < 40; index += 1) pair.claims.offer(index);
    pair.claims.begin(0, 0);
    pair.command(1, { command: 'recall', from: 30, to: 40 });
    pair.command(2, { command: 'cancel', index: 0 });
    pair.command(3, { command: 'recall', from: 0, to: 30 });
    pair.command(4, { command: 'shutdown' });
    pair.run(15_000);
    const acks = pair.events.master.filter((e) => e.type === 'acknowledged');
    assert.is(acks.length, 4, `seed ${seed}`);
    const from = (id: number) => acks.find((e) => e.type === 'acknowledged' && e.id === id);
    assert.equal(from(1), { type: 'acknowledged', nonce: NONCE, id: 1, from: 30, found: undefined });
    assert.equal(from(2), { type: 'acknowledged', nonce: NONCE, id: 2, from: undefined, found: 'running' });
    assert.equal(from(3), { type: 'acknowledged', nonce: NONCE, id: 3, from: 1, found: undefined });
    assert.is(pair.executed, 2, `seed ${seed}`);
    assert.equal(
      pair
        .types('slave')
        .filter((t) => t === 'shutdown' || t === 'cancel')
        .sort(),
      ['cancel', 'shutdown'],
    );
    assert.not(pair.types('master').includes('lost'), `seed ${seed}`);
  }
});

core('a master that is gone is told to main, which has two seconds to answer', () => {
  const gone = (): Pair => {
    const pair = new Pair().join().run(3_000);
    pair.alive.master = false;
    while (!pair.types('slave').includes('lost') && pair.now < 20_000) pair.run(TURN_MS);
    return pair;
  };
  const deaf = gone();
  assert.equal(deaf.types('slave'), ['suspect', 'lost']);
  assert.ok(deaf.now < 3_000 + 1_000 + TIMEOUT_MS / 2 + 2 * TURN_MS, `found at ${deaf.now}`);
  assert.equal(deaf.run(1_800).kills, []);
  assert.equal(
    deaf
      .run(10_000)
      .kills.map((line) => /^the master is gone \(503 for 5\.\d s\) and main did not answer/.test(line)),
    [true],
  );
  const answers = gone().request('slave', { op: 'ending' });
  assert.equal(answers.run(60_000).kills, []);
});

core('after a shutdown nothing is killed until the master is gone too', () => {
  const pair = new Pair().join().run(1_000).command(1, { command: 'shutdown' }).run(120_000);
  assert.equal(pair.kills, []);
  pair.alive.master = false;
  pair.run(10_000);
  assert.ok(pair.kills.length > 0);
});

core('evidence beside the network: the pipe to a master, the exit of a slave', () => {
  const pair = new Pair().join().run(1_000);
  pair.request('master', { op: 'evidence', nonce: NONCE, evidence: 'exit code 1' }).run(200);
  assert.ok(pair.events.master.some((e) => e.type === 'lost' && e.evidence === 'exit code 1'));
  const early = new Pair();
  early.cores.slave.masterGone('the pipe');
  early.run(2_400);
  assert.ok(early.events.slave.some((e) => e.type === 'lost' && e.evidence === 'the pipe'));
  assert.is(early.kills[0], 'the master is gone (the pipe) and main did not answer for 2 s');
});

core('nothing is published while disconnected; beats and commands follow at once after', () => {
  const pair = new Pair().join().run(1_000);
  pair.cores.master.connection(false, pair.now);
  const before = pair.published.master.length;
  pair.command(1, { command: 'shutdown' }).run(5_000);
  assert.is(pair.published.master.length, before);
  pair.cores.master.connection(true, pair.now);
  pair.run(400);
  assert.equal(pair.types('slave'), ['shutdown']);
});

core('a slave beats as soon as its connection is back, a master when it is due', () => {
  const pair = new Pair().join().run(1_100);
  const saidBy = (side: Side): string[] => {
    pair.cores[side].connection(false, pair.now);
    assert.equal(pair.cores[side].take().publishes, [], 'nothing goes out when it breaks');
    pair.cores[side].connection(true, pair.now);
    const { publishes, events } = pair.cores[side].take();
    assert.equal(events, [{ type: 'link', connected: true }]);
    return publishes.map(({ text }) => JSON.parse(text).type);
  };
  assert.equal([saidBy('slave'), saidBy('master')], [['beat'], []]);
});

core('a slave at rest takes one turn for each beat, and is heard every second', () => {
  const pair = new Pair().join().run(3_000);
  const { slave } = pair.cores;
  const said = pair.published.slave.length;
  let turns = 0;
  for (const end = pair.now + 10_000; pair.now < end; turns++) {
    pair.now += slave.restMs(pair.now);
    slave.tick(pair.now, 0);
    pair.published.slave.push(...slave.take().publishes);
  }
  assert.ok(turns >= 10 && turns <= 11, `${turns} turns`);
  assert.ok(pair.published.slave.length - said >= 10, 'beats');
});

core("a slave at rest beats with its master's beats, and needs no turn of its own", () => {
  const pair = new Pair().join().run(3_000);
  const { slave } = pair.cores;
  const said = pair.published.slave.length;
  const [beat] = pair.published.master.filter(({ text }) => text.includes('"beat"')).slice(-1) as [Publish];
  let ownTurns = 0;
  for (let second = 0; second < 10; second++) {
    const end = pair.now + 1_000;
    for (; pair.now + slave.restMs(pair.now) < end && second > 1; ownTurns++) {
      pair.now += slave.restMs(pair.now);
      slave.tick(pair.now, 0);
    }
    pair.now = end;
    slave.receive(beat.subject, beat.text, pair.now);
    slave.tick(pair.now, 0);
    pair.published.slave.push(...slave.take().publishes);
  }
  assert.is(ownTurns, 0);
  const beats = pair.published.slave.length - said;
  assert.ok(beats >= 9 && beats <= 11, `${beats} beats`);
});

core('a slave takes every turn while something is wrong, to be repeated, or limited', () => {
  const isAtRest = (pair: Pair): boolean => pair.cores.slave.restMs(pair.now) > TURN_MS;
  const rested = (): Pair => {
    const pair = new Pair().join().run(1_200);
    for (let turn = 0; turn < 5 && !isAtRest(pair); turn++) pair.run(TURN_MS);
    assert.ok(isAtRest(pair));
    return pair;
  };
  const cases: Record<string, (pair: Pair) => void> = {
    'no connection': ({ cores, now }) => cores.slave.connection(false, now),
    'a 503': ({ cores, now }) => {
      const reply = subjects.slaveControl(address);
      for (let later = 0; later < 15_000; later += TURN_MS) cores.slave.tick(now + later, 0);
      cores.slave.noResponders(reply, now + 15_000);
    },
    'the master is gone': ({ cores }) => cores.slave.masterGone('its pipe ended'),
    'a late turn': ({ cores, now }) => void cores.slave.tick(now + 5_000, 4_000),
    'limited runs are announced': (pair) => pair.request('slave', { op: 'limited' }),
    'a limited run': (pair) => {
      pair.limit.set({
        leftMs: 1_000,
        task: 1,
        limitMs: 1_000,
        killed: 0,
        index: 0,
        generation: pair.generation,
      });
      pair.cores.slave.tick(pair.now, 0);
    },
  };
  for (const [what, happens] of Object.entries(cases)) {
    const pair = rested();
    happens(pair);
    assert.not.ok(isAtRest(pair), what);
  }
  const goodbye = rested().command(1, { command: 'bye', running: [], begun: 0, sent: 0 }, 'slave');
  assert.not.ok(isAtRest(goodbye), 'a command is unanswered');
  goodbye.run(3_000);
  assert.ok(
    [...Array(6)].some(() => isAtRest(goodbye.run(TURN_MS))),
    'it rests again',
  );
});

core('limited runs keep a sentinel awake until a second has passed in which none was announced', () => {
  const pair = new Pair().join().run(3_000);
  pair.request('slave', { op: 'limited' });
  for (let ms = 0; ms < 2_000; ms += TURN_MS) {
    assert.ok(pair.cores.slave.restMs(pair.now) <= TURN_MS, `after ${ms} ms`);
    pair.run(TURN_MS);
  }
  pair.run(3_000);
  assert.ok([...Array(6)].some(() => pair.run(TURN_MS).cores.slave.restMs(pair.now) > TURN_MS));
});

core("a slave's main hears of its master's beats only when they say something new", () => {
  const pair = new Pair();
  pair.received = 2;
  pair.join().run(3_000);
  const heard = (): number => pair.events.slave.filter(({ type }) => type === 'beat').length;
  const before = heard();
  assert.is(before, 1);
  pair.run(10_000);
  assert.is(heard(), before, 'nothing new');
  pair.received = 3;
  pair.run(3_000);
  assert.is(heard(), before + 1, 'another position');
});

core('a master answers the query of another one, not its own', () => {
  const pair = new Pair();
  const nonce = 'a'.repeat(32);
  const subject = subjects.masterControl({ user: '_', nonce });
  const query = (run: string): string => JSON.stringify({ type: 'master-query', run, established: false });
  pair.cores.master.receive(subject, query(RUN), 0);
  assert.equal(pair.cores.master.take().publishes, []);
  pair.cores.master.request({ op: 'established' }, 0);
  pair.cores.master.receive(subject, query('ff'), 0);
  const { publishes, events } = pair.cores.master.take();
  assert.equal(
    publishes.map(({ subject }) => subject),
    [subjects.slaveControl({ user: '_', nonce })],
  );
  assert.equal(JSON.parse(publishes[0]?.text ?? ''), { type: 'master-here', run: RUN, established: true });
  assert.equal(events, [{ type: 'other-master', run: 'ff' }]);
});

core('events for a busy main stay few, and in order', () => {
  const queue = new EventQueue();
  const beat = (nonce: string, sent: number): SentinelEvent => ({
    type: 'beat',
    nonce,
    sent,
    received: 0,
    limit: 0,
  });
  for (let i = 0; i < 10_000; i += 1) {
    queue.push(beat('a', i));
    queue.push(
      i % 2 === 0 ? { type: 'suspect', nonce: 'a', evidence: '503' } : { type: 'cleared', nonce: 'a' },
    );
  }
  queue.push({ type: 'shutdown', nonce: 'a' });
  queue.push(beat('b', 1));
  assert.equal(queue.take(), [
    beat('a', 9_999),
    { type: 'cleared', nonce: 'a' },
    { type: 'shutdown', nonce: 'a' },
    beat('b', 1),
  ]);
  assert.is(queue.size, 0);
});

core('a slave that has joined again beats for its new session only', () => {
  const pair = new Pair().join().request('master', { op: 'established' }).run(1_000);
  pair.request('master', { op: 'forget', nonce: NONCE }).run(2_000);
  assert.equal(pair.types('slave'), ['stale']);
  const again = { ...address, nonce: 'f'.repeat(32) };
  const next = { ...again, run: RUN, sid: 4, slot: 0, generation: pair.claims.reset() };
  pair
    .request('slave', { op: 'listen', ...again })
    .request('master', { op: 'watch', peer: next })
    .request('slave', { op: 'watch', peer: next });
  pair.published.slave = [];
  pair.run(3_000);
  const beats = new Set(pair.published.slave.map(({ subject }) => subject));
  assert.equal([...beats], [subjects.masterControl(again)]);
});

core('five thousand slaves cost little', () => {
  const pair = new Pair();
  const master = pair.cores.master;
  const nonces = Array.from({ length: 5_000 }, (_, i) => i.toString(16).padStart(32, '0'));
  for (const [i, nonce] of nonces.entries()) {
    master.request({ op: 'watch', peer: { ...peer, nonce, sid: i } }, i % 1_000);
  }
  master.take();
  const began = processorMs();
  for (let turn = 1; turn <= 25; turn += 1) {
    master.tick(1_000 + turn * TURN_MS, 0);
    assert.ok(master.take().publishes.length < 5_000);
  }
  assert.ok((processorMs() - began) / 25 < 40, 'a fifth of a turn');
});

core('many slaves at rest have beats less often, and usual ones from when something is sent', () => {
  const positions = { sent: 1, received: 2, limit: 3 };
  const common = { memberId: 'm', clientTimeoutMs: 30_000, broker: 'external' as const };
  const master = new SentinelCore({ ...common, role: 'master', run: RUN, counters: () => positions });
  const nonces = Array.from({ length: 100 }, (_, i) => i.toString(16).padStart(32, '0'));
  for (const [sid, nonce] of nonces.entries())
    master.request({ op: 'watch', peer: { ...peer, nonce, sid } }, 0);
  const heard: { readonly at: number; readonly restMs: number | undefined }[] = [];
  let now = 0;
  const run = (ms: number): void => {
    for (const end = now + ms; now < end; ) {
      now += TURN_MS;
      master.tick(now, 0);
      for (const { text } of master.take().publishes) {
        const { type, nonce, sid, restMs } = JSON.parse(text);
        if (type !== 'beat') continue;
        if (sid === 0) heard.push({ at: now, restMs });
        const answer = { type: 'beat', run: RUN, nonce, sid, sent: 2, received: 1, limit: 4, running: -1 };
        master.receive(subjects.masterControl({ ...address, nonce }), JSON.stringify(answer), now);
      }
    }
  };
  run(20_000);
  assert.ok(heard.length <= 7, `${heard.length} beats in 20 seconds`);
  assert.is(heard.at(-1)?.restMs, 3_750);
  const wokenAt = now;
  positions.sent = 2;
  run(4_000);
  const woken = heard.filter(({ at }) => at > wokenAt);
  assert.ok(woken.length >= 3, `${woken.length} beats in four seconds`);
  assert.equal([...new Set(woken.map(({ restMs }) => restMs))], [undefined]);
});

core('does not condemn a peer whose data arrives, though its sentinel is not heard', () => {
  const pair = new Pair().join().run(1_000);
  pair.alive.slave = false;
  for (let second = 0; second < 15; second++) {
    pair.received += 1;
    pair.run(1_000);
  }
  assert.not.ok(pair.types('master').includes('lost'));
  pair.run(5_000);
  assert.ok(pair.types('master').includes('lost'));
});

core('a run that does not end in time is told to the master, then the process ends', () => {
  const pair = new Pair().join().run(1_000);
  pair.limit.set({
    leftMs: 1_000,
    task: 9,
    limitMs: 1_000,
    killed: 0,
    index: 3,
    generation: pair.generation,
  });
  pair.run(3_000);
  assert.equal([pair.types('master').includes('overdue'), pair.kills], [false, []]);
  pair.run(1_000);
  const told = pair.events.master.filter(({ type }) => type === 'overdue');
  assert.equal(told, [{ type: 'overdue', nonce: NONCE, index: 3 }]);
  assert.match(pair.kills[0] as string, /TASK-9 ran longer than its 1 s/);
  assert.not(pair.types('slave').includes('acknowledged'), 'main knows of no such command');
});

core('a run that ends in time ends nothing, nor does one that a main at its end leaves behind', () => {
  for (const end of [
    (pair: Pair) => pair.limit.clear(),
    (pair: Pair) => pair.request('slave', { op: 'ending' }),
  ]) {
    const pair = new Pair().join();
    pair.limit.set({
      leftMs: 1_000,
      task: 9,
      limitMs: 1_000,
      killed: 0,
      index: 3,
      generation: pair.generation,
    });
    pair.run(2_000);
    end(pair);
    pair.run(10_000);
    assert.equal([pair.kills, pair.types('master')], [[], []]);
  }
});

core('a killed run that goes on after its grace is told to the master, then the process ends', () => {
  const pair = new Pair().join().run(1_000);
  pair.claims.offer(0);
  pair.claims.begin(0, pair.now);
  pair.command(2, { command: 'cancel', index: 0, kill: { task: 9, afterMs: 1_000 } });
  pair.run(1_000);
  assert.equal([pair.types('master').includes('overdue'), pair.kills], [false, []]);
  assert.ok(pair.types('slave').includes('cancel'), 'main may end it by itself');
  pair.run(1_000);
  const told = pair.events.master.filter(({ type }) => type === 'overdue');
  assert.equal(told, [{ type: 'overdue', nonce: NONCE, index: 0 }]);
  assert.is(pair.kills[0], 'TASK-9 was killed and did not stop within 1 s');
});

core('a killed run that ends, or has not begun, or was only cancelled ends nothing', () => {
  for (const way of ['ends', 'waits', 'is cancelled'] as const) {
    const pair = new Pair().join().run(1_000);
    pair.claims.offer(0);
    if (way !== 'waits') pair.claims.begin(0, pair.now);
    const kill = way === 'is cancelled' ? undefined : { task: 9, afterMs: 1_000 };
    pair.command(2, { command: 'cancel', index: 0, kill });
    pair.run(500);
    if (way === 'ends') pair.claims.finish(0);
    pair.run(10_000);
    assert.equal([pair.kills, pair.types('master').includes('overdue')], [[], false], way);
  }
});

core('a run of an earlier session ends the process too, and the master hears of no index', () => {
  const pair = new Pair().join();
  pair.limit.set({
    leftMs: 0,
    task: 9,
    limitMs: 1_000,
    killed: 0,
    index: 3,
    generation: pair.generation - 1,
  });
  pair.run(5_000);
  assert.is(pair.types('master').includes('overdue'), false);
  assert.ok(pair.kills.length > 0);
});

core.run();
