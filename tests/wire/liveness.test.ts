/** Liveness: tables of events and verdicts, then random histories with what must hold in all of them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Liveness, type LivenessOptions, type LivenessVerdict, TURN_MS } from '../../src/wire/liveness.js';
import { processorMs } from '../support/processor-time.js';

const PEER = 'a';
const OTHER = 'b';
/** The judge's own server, and another one of its cluster. */
const HERE = 'server A';
const THERE = 'server B';

/** A judge with a clock: turns on time until told otherwise. */
class Judge {
  now = 1_000_000;
  readonly liveness: Liveness;
  readonly log: { at: number; verdict: LivenessVerdict }[] = [];
  #start = this.now;
  /** Of its peer. */
  readonly #server: string | undefined;

  constructor(options: Partial<LivenessOptions> = {}, server: string | undefined = HERE) {
    this.#server = server;
    this.liveness = new Liveness({
      role: 'master',
      clientTimeoutMs: 30_000,
      broker: 'external',
      server: () => HERE,
      ...options,
    });
    this.tick(0);
    this.liveness.watch(PEER, this.now);
    this.heard();
  }

  tick(latenessMs: number): void {
    for (const verdict of this.liveness.tick(this.now, latenessMs)) {
      this.log.push({ at: this.now - this.#start, verdict });
    }
  }

  /** Turns on time for so long; before each, what happens in it. */
  run(ms: number, each: (judge: Judge) => void = () => {}): this {
    for (let t = 0; t < ms; t += TURN_MS) {
      each(this);
      this.now += TURN_MS;
      this.tick(0);
    }
    return this;
  }

  /** The judge's process stands still; the turn after that is late. */
  stall(ms: number): this {
    this.now += ms + TURN_MS;
    this.tick(ms);
    return this;
  }

  heard(): this {
    this.liveness.spoke(PEER, this.#server, this.now);
    return this;
  }

  /** Another peer on a server, which has been there for a while. */
  other(server: string): this {
    this.liveness.watch(OTHER, this.now);
    return this.run(10_000, (judge) => judge.heard().otherSpeaks(server));
  }

  newcomer(): this {
    this.liveness.watch(OTHER, this.now);
    return this;
  }

  otherSpeaks(server: string): this {
    this.liveness.spoke(OTHER, server, this.now);
    return this;
  }

  otherIsNobody(): this {
    this.liveness.noResponders(OTHER, this.now);
    return this;
  }

  otherIsHeard(): this {
    this.liveness.heard(OTHER, this.now);
    return this;
  }

  nobody(): this {
    this.liveness.noResponders(PEER, this.now);
    return this;
  }

  link(up: boolean): this {
    this.liveness.connection(up, this.now);
    return this;
  }

  refused(): this {
    this.liveness.refused(this.now);
    return this;
  }

  /** On the one that the tables are about. */
  get verdicts(): string[] {
    return this.log
      .filter(({ verdict }) => verdict.verdict !== 'probe' && verdict.nonce === PEER)
      .map(({ verdict }) => verdict.verdict);
  }

  get probes(): number {
    return this.log.filter(({ verdict }) => verdict.verdict === 'probe').length;
  }

  get evidence(): string {
    const lost = this.log.find(({ verdict }) => verdict.verdict === 'lost')?.verdict;
    return lost?.verdict === 'lost' ? lost.evidence : '';
  }
}

const embedded = { role: 'slave', broker: 'embedded' } as const;
const external = { role: 'slave', broker: 'external' } as const;

const cases: readonly [title: string, judge: () => Judge, verdicts: readonly string[], evidence?: string][] =
  [
    ['a peer that beats is left alone', () => new Judge().run(120_000, (j) => j.heard()), []],
    ['silence just short of the timeout says nothing', () => new Judge().run(29_800), []],
    ['silence for the timeout is a loss', () => new Judge().run(30_000), ['lost'], 'silent for 30.0 s'],
    ['a loss is told once', () => new Judge().run(90_000), ['lost']],
    ['one 503 is a suspicion, not a loss', () => new Judge().nobody().run(20_000), ['suspect']],
    ['any frame ends it', () => new Judge().nobody().run(1_000).heard().run(1_000), ['suspect', 'cleared']],
    [
      'two seconds of 503 are a loss',
      () => new Judge().run(5_000).run(2_400, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 2.0 s',
    ],
    ['less are none', () => new Judge().run(1_800, (j) => j.nobody()).run(200), ['suspect']],
    [
      'a frame between 503s starts the two seconds anew',
      () =>
        new Judge()
          .run(1_800, (j) => j.nobody())
          .heard()
          .run(1_800, (j) => j.nobody()),
      ['suspect', 'cleared', 'suspect'],
    ],
    [
      'silence does not count while the connection is down, and starts anew after',
      () => new Judge().run(29_000).link(false).run(60_000).link(true).run(29_000),
      [],
    ],
    [
      '... but it does count from there',
      () => new Judge().link(false).run(9_000).link(true).run(30_000),
      ['lost'],
    ],
    [
      '503s are ignored for ten seconds after a reconnect',
      () =>
        new Judge()
          .link(false)
          .link(true)
          .run(9_800, (j) => j.nobody()),
      [],
    ],
    [
      '... and count afterwards',
      () =>
        new Judge()
          .link(false)
          .link(true)
          .run(12_600, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 2.0 s',
    ],
    [
      'a reconnect ends suspicions',
      () => new Judge().nobody().run(400).link(false).link(true).run(200),
      ['suspect', 'cleared'],
    ],
    [
      'a judge that stood still for an hour blames itself',
      () => new Judge().run(29_000).stall(3_600_000),
      [],
    ],
    [
      '... and hears what had come meanwhile',
      () => new Judge().run(29_000).stall(3_600_000).heard().run(29_000),
      [],
    ],
    [
      '... and counts on from where it stood',
      () => new Judge().run(29_000).stall(3_600_000).run(1_000),
      ['lost'],
    ],
    ['no verdict on a late turn', () => new Judge().run(29_800).stall(5_000), []],
    [
      '... but on the one after',
      () => new Judge().run(29_800).stall(5_000).stall(5_000),
      ['lost'],
      'silent for 30.2 s',
    ],
    ['a slave bears with a silent master', () => new Judge(external).run(299_800), []],
    ['... ten times as long', () => new Judge(external).run(300_000), ['lost'], 'silent for 300.0 s'],
    [
      'a slave goes by 503s for half the timeout',
      () => new Judge(external).run(14_800, (j) => j.nobody()).run(200),
      ['suspect'],
    ],
    [
      '... no longer',
      () => new Judge(external).run(15_400, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 15.0 s',
    ],
    [
      'refused connections to an embedded broker are the end of its master after half the timeout',
      () => new Judge(embedded).link(false).run(15_400, (j) => j.refused()),
      ['lost'],
      'connection refused for 15.0 s',
    ],
    ['... not to an external one', () => new Judge(external).link(false).run(60_000, (j) => j.refused()), []],
    [
      '... nor when a connection succeeds between',
      () =>
        new Judge(embedded)
          .link(false)
          .run(10_000, (j) => j.refused())
          .link(true)
          .run(200)
          .link(false)
          .run(10_000, (j) => j.refused()),
      [],
    ],
    [
      '... nor while the slave itself stood still',
      () => new Judge(embedded).link(false).refused().stall(60_000).refused().run(1_000),
      [],
    ],
    [
      'a master is not judged by refusals',
      () => new Judge({ broker: 'embedded' }).link(false).run(60_000, (j) => j.refused()),
      [],
    ],
    [
      '503s of a peer on another server are no more than silence',
      () => new Judge({}, THERE).run(29_800, (j) => j.nobody()),
      ['suspect'],
    ],
    [
      '... and its silence is a loss in time',
      () => new Judge({}, THERE).run(30_000, (j) => j.nobody()),
      ['suspect', 'lost'],
    ],
    [
      '... so are those of one whose server is not known',
      () => new Judge({ server: () => undefined }, undefined).run(29_800, (j) => j.nobody()),
      ['suspect'],
    ],
    [
      '... unless the broker is the only one',
      () => new Judge({ broker: 'embedded' }, THERE).run(2_400, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 2.0 s',
    ],
    [
      '... or another peer is heard there meanwhile',
      () => new Judge({}, THERE).other(THERE).run(2_400, (j) => j.nobody().otherSpeaks(THERE)),
      ['suspect', 'lost'],
      '503 for 2.0 s',
    ],
    [
      '... however late',
      () =>
        new Judge({}, THERE)
          .other(THERE)
          .run(8_000, (j) => j.nobody())
          .otherSpeaks(THERE)
          .run(200, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 8.0 s',
    ],
    [
      '... not at its very beginning, where its word may have overtaken the end of the server',
      () =>
        new Judge({}, THERE)
          .other(THERE)
          .run(400, (j) => j.nobody().otherSpeaks(THERE))
          .run(20_000, (j) => j.nobody()),
      ['suspect'],
    ],
    [
      '... nor one that has just come',
      () =>
        new Judge({}, THERE)
          .run(4_000, (j) => j.nobody())
          .newcomer()
          .run(6_000, (j) => j.nobody().otherSpeaks(THERE)),
      ['suspect'],
    ],
    [
      '... nor one that was away as well, and came back a little earlier',
      () =>
        new Judge({}, THERE)
          .other(THERE)
          .run(4_000, (j) => j.nobody().otherIsNobody())
          .run(6_000, (j) => j.nobody().otherSpeaks(THERE)),
      ['suspect'],
    ],
    [
      '... which says more ten seconds later',
      () =>
        new Judge({}, THERE)
          .other(THERE)
          .run(4_000, (j) => j.nobody().otherIsNobody())
          .run(10_400, (j) => j.nobody().otherSpeaks(THERE)),
      ['suspect', 'lost'],
    ],
    [
      '... nor from a third server',
      () => new Judge({}, THERE).other('server C').run(8_000, (j) => j.nobody().otherSpeaks('server C')),
      ['suspect'],
    ],
    [
      '... nor by old data, which main was late to take',
      () => new Judge({}, THERE).other(THERE).run(8_000, (j) => j.nobody().otherIsHeard()),
      ['suspect'],
    ],
    [
      'a slave whose master is on another server goes by 503s for the timeout',
      () => new Judge(external, THERE).run(29_800, (j) => j.nobody()),
      ['suspect'],
    ],
    [
      '... no longer',
      () => new Judge(external, THERE).run(30_400, (j) => j.nobody()),
      ['suspect', 'lost'],
      '503 for 30.0 s',
    ],
    [
      'no connection at all for ten timeouts',
      () => new Judge(external).link(false).run(300_000),
      ['lost'],
      'no connection for 300.0 s',
    ],
  ];

const liveness = suite('liveness');

for (const [title, play, verdicts, evidence] of cases) {
  liveness(title, () => {
    const judge = play();
    assert.equal(judge.verdicts, verdicts);
    if (evidence !== undefined) assert.is(judge.evidence, evidence);
  });
}

liveness('a suspect is probed each turn by a master, each second by a slave', () => {
  assert.is(new Judge().nobody().run(1_000).probes, 5);
  assert.is(new Judge(external).nobody().run(4_000).probes, 4);
});

liveness('evidence from elsewhere counts at once', () => {
  const judge = new Judge();
  judge.liveness.condemn(PEER, 'exit code 1');
  judge.run(200);
  assert.is(judge.evidence, 'exit code 1');
  assert.is(judge.liveness.size, 0);
});

liveness('a slave asks about its master twenty times in a timeout, and every second at least', () => {
  for (const [clientTimeoutMs, everyMs] of [
    [6_000, 300],
    [60_000, 1_000],
  ] as const) {
    const judge = new Judge({ role: 'slave', clientTimeoutMs }, THERE);
    judge.run(2_000, (one) => one.heard());
    judge.run(clientTimeoutMs / 2, (one) => one.liveness.noResponders(PEER, one.now));
    const probes = judge.log.filter(({ verdict }) => verdict.verdict === 'probe').map(({ at }) => at);
    assert.ok(probes.length > 2);
    for (const [index, at] of probes.slice(1).entries()) {
      const passed = at - (probes[index] as number);
      assert.ok(passed >= everyMs && passed < everyMs + TURN_MS, `${passed} ms`);
    }
  }
});

liveness('a master asks about a suspect in every turn', () => {
  const judge = new Judge({}, THERE);
  judge.run(2_000, (one) => one.heard());
  judge.log.length = 0;
  judge.run(1_000, (one) => one.liveness.noResponders(PEER, one.now));
  assert.is(judge.log.filter(({ verdict }) => verdict.verdict === 'probe').length, 1_000 / TURN_MS);
});

liveness('what a peer says of itself while there is no connection counts from before it', () => {
  const judge = new Judge({ clientTimeoutMs: 1_000 });
  judge.run(1_000, (one) => one.heard());
  judge.liveness.connection(false, judge.now);
  judge.run(5_000);
  judge.heard();
  assert.is(judge.evidence, '', 'nobody is judged without a connection');
  judge.liveness.connection(true, judge.now);
  judge.run(800);
  assert.is(judge.evidence, '');
  judge.run(400);
  assert.match(judge.evidence, /^silent for/);
});

liveness('before its first turn no time has passed', () => {
  const judge = new Liveness({ role: 'master', clientTimeoutMs: 1_000, broker: 'external' });
  judge.watch(PEER, 5_000_000);
  judge.heard(PEER, 5_000_900);
  assert.equal(judge.tick(5_001_000, 0), []);
  assert.is(judge.loopClock, 0);
  assert.equal(judge.tick(5_001_000 + 999, 0), []);
  assert.equal(
    judge.tick(5_001_000 + 1_000, 0).map(({ verdict }) => verdict),
    ['lost'],
  );
});

liveness('without a server of its own it is certain of nothing that another server says', () => {
  const judge = new Liveness({ role: 'master', clientTimeoutMs: 10_000, broker: 'external' });
  let now = 0;
  judge.tick(now, 0);
  judge.watch(PEER, now);
  judge.spoke(PEER, HERE, now);
  const verdicts: string[] = [];
  for (let turn = 0; turn < 9_000 / TURN_MS; turn++) {
    now += TURN_MS;
    judge.noResponders(PEER, now);
    verdicts.push(...judge.tick(now, 0).map(({ verdict }) => verdict));
  }
  assert.ok(verdicts.includes('suspect'));
  assert.not(verdicts.includes('lost'));
});

liveness('five thousand peers cost less than two milliseconds a turn', () => {
  const judge = new Judge();
  for (let i = 0; i < 5_000; i += 1) judge.liveness.watch(`p${i}`, judge.now);
  judge.run(2_000);
  const began = processorMs();
  judge.run(10_000);
  assert.ok((processorMs() - began) / 50 < 2);
});

/** A small generator of its own, so that a failing seed can be played again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

liveness('all peers of a server that is gone cost as little', () => {
  const judge = new Judge();
  const peers = Array.from({ length: 5_000 }, (_, index) => `p${index}`);
  for (const peer of peers) {
    judge.liveness.watch(peer, judge.now);
    judge.liveness.spoke(peer, THERE, judge.now);
  }
  const nobody = (): void => {
    for (const peer of peers) judge.liveness.noResponders(peer, judge.now);
  };
  judge.run(3_000, nobody);
  const began = processorMs();
  judge.run(10_000, nobody);
  assert.ok((processorMs() - began) / 50 < 40, 'their number, not its square');
  assert.is(judge.evidence, '');
});

liveness('in random histories the living are never lost and the dead always are, in time', () => {
  let deaths = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const chance = random(seed);
    const timeout = 5_000 + Math.floor(chance() * 25_000);
    const judge = new Judge({ clientTimeoutMs: timeout });
    const diesAt = 200 + Math.floor(chance() * 400);
    const vanishes = chance() < 0.5;
    let up = true;
    let onTimeSinceDeath = 0;
    for (let turn = 0; turn < 1_000 && judge.evidence === ''; turn += 1) {
      const dead = turn >= diesAt;
      if (up && !dead && turn % 5 === 0) judge.heard();
      // The living may be away for a moment, the vanished always are: nobody listens.
      if (up && turn % 5 !== 0 && (dead ? vanishes : chance() < 0.02)) judge.nobody();
      if (chance() < (up ? 0.003 : 0.1)) {
        up = !up;
        judge.link(up);
        onTimeSinceDeath = 0;
      }
      const stall = chance() < 0.02 ? Math.floor(chance() * 60_000) : 0;
      if (stall > 0) judge.stall(stall);
      else judge.run(TURN_MS);
      if (dead && up) onTimeSinceDeath += TURN_MS;
      const lost = judge.evidence !== '';
      assert.ok(!lost || dead, `seed ${seed}: a living peer was lost at turn ${turn}: ${judge.evidence}`);
      // Silence, or the ten seconds after a reconnect and two of 503, and a few turns.
      const bound = vanishes ? Math.min(timeout, 12_000) + 2_000 : timeout + 1_000;
      assert.ok(lost || onTimeSinceDeath <= bound, `seed ${seed}: a dead peer lives on at turn ${turn}`);
      if (lost) deaths += 1;
    }
  }
  assert.ok(deaths > 250, `${deaths} deaths`);
});

liveness('a judge at rest counts its rest, and no more of a stall than that', () => {
  const judge = new Judge({ role: 'slave', clientTimeoutMs: 3_000 });
  judge.run(1_000);
  assert.ok(judge.liveness.isCalm);
  judge.liveness.rest(1_000);
  const before = judge.liveness.loopClock;
  judge.now += 1_000;
  judge.tick(0);
  assert.is(judge.liveness.loopClock - before, 1_000);
  judge.now += 61_000;
  judge.tick(60_000);
  assert.is(judge.liveness.loopClock - before, 2_000);
  assert.not.ok(judge.liveness.isCalm, 'it has not judged in its late turn');
  judge.now += TURN_MS;
  judge.tick(0);
  assert.ok(judge.liveness.isCalm);
});

liveness.run();
