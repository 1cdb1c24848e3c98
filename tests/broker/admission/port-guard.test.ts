/** When a port is shut for strangers, when it opens again, and whom nobody blames. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Applicant } from '../../../src/broker/admission/applicant.js';
import { PortGuard } from '../../../src/broker/admission/port-guard.js';
import { type TimersByHand, withTimersByHand } from '../../support/timers-by-hand.js';

const SHUT_AFTER = 3;
const SHUT_MS = 7000;
const LOOK_MS = 500;

class Stage {
  readonly log: string[] = [];
  readonly guard: PortGuard;
  readonly timers: TimersByHand;
  expected = 0;
  opens = true;
  #now = performance.now();
  #count = 0;

  constructor(timers: TimersByHand) {
    this.timers = timers;
    performance.now = () => this.#now;
    this.guard = new PortGuard({
      shutAfter: SHUT_AFTER,
      shutMs: SHUT_MS,
      expected: () => this.expected,
      shut: () => this.log.push('shut'),
      reopen: () => {
        this.log.push('reopen');
        return this.opens ? Promise.resolve() : Promise.reject(new Error('in use'));
      },
      onShut: (failures) => this.log.push(`told ${failures}`),
    });
  }

  /** A thread with time. */
  wait(ms: number): void {
    for (let past = 0; past < ms; past += LOOK_MS) {
      this.#now += LOOK_MS;
      this.timers.ring(LOOK_MS);
    }
  }

  /** A thread without. */
  block(ms: number): void {
    this.#now += ms;
  }

  arrive(): string {
    const name = String(++this.#count);
    this.guard.arrived(name, { destroy: () => this.log.push(`cut ${name}`) });
    return name;
  }

  fail(times: number): void {
    for (let time = 0; time < times; time++) this.guard.left(this.arrive());
  }
}

const guards = suite('port guard');

function it(name: string, body: (stage: Stage) => void): void {
  guards(`it ${name}`, () => {
    const { now } = performance;
    try {
      withTimersByHand((timers) => body(new Stage(timers)));
    } finally {
      performance.now = now;
    }
  });
}

it('shuts after too many failures within ten seconds', (stage) => {
  stage.fail(SHUT_AFTER);
  stage.wait(10_500);
  stage.fail(SHUT_AFTER - 1);
  stage.wait(9000);
  stage.fail(1);
  assert.equal(stage.log, []);
  stage.fail(1);
  assert.equal(stage.log, ['shut', 'told 4']);
});

it('does not count who was admitted', (stage) => {
  for (let client = 0; client < 100; client++) {
    const name = stage.arrive();
    stage.guard.admitted(name);
    stage.guard.left(name);
  }
  assert.equal(stage.log, []);
});

it('shuts when too many wait beyond those who are expected, and cuts them', (stage) => {
  stage.expected = 2;
  const admitted = stage.arrive();
  for (let client = 0; client < SHUT_AFTER + 1; client++) stage.arrive();
  stage.guard.admitted(admitted);
  stage.arrive();
  assert.equal(stage.log, []);
  stage.arrive();
  assert.equal(stage.log.splice(0), ['shut', 'cut 2', 'cut 3', 'cut 4', 'cut 5', 'cut 6', 'cut 7', 'told 6']);
  stage.guard.left('2');
  stage.fail(SHUT_AFTER);
  assert.equal(stage.log, [], 'those who were cut are not counted again');
});

it('cuts and counts who has left before it could look', (stage) => {
  for (let time = 0; time < SHUT_AFTER; time++) {
    stage.guard.arrived(undefined, { destroy: () => stage.log.push('cut') });
    stage.guard.left(undefined);
  }
  assert.equal(stage.log.splice(0), ['cut', 'cut', 'cut']);
  stage.fail(1);
  assert.equal(stage.log, ['shut', 'told 4']);
});

it('opens again after a while, and tells of it once a minute', (stage) => {
  stage.fail(SHUT_AFTER + 1);
  assert.ok(stage.timers.set.includes(SHUT_MS));
  stage.wait(SHUT_MS);
  stage.timers.ring(SHUT_MS);
  assert.equal(stage.log.splice(0), ['shut', 'told 4', 'reopen']);
  assert.not(stage.timers.set.includes(SHUT_MS));
  stage.fail(SHUT_AFTER + 1);
  assert.equal(stage.log.splice(0), ['shut']);
  stage.wait(60_000);
  stage.timers.ring(SHUT_MS);
  stage.fail(SHUT_AFTER + 1);
  assert.equal(stage.log, ['reopen', 'shut', 'told 4']);
});

it('blames nobody who was there while the thread was busy, or gave up meanwhile', (stage) => {
  stage.block(5000);
  for (let time = 0; time < 20; time++) stage.arrive();
  stage.fail(20);
  stage.wait(500);
  for (let client = 1; client <= 20; client++) stage.guard.admitted(String(client));
  stage.wait(2000);
  stage.fail(SHUT_AFTER);
  assert.equal(stage.log, []);
  stage.fail(1);
  assert.equal(stage.log, ['shut', 'told 4']);
});

it('looks again at those who wait when that is over', (stage) => {
  stage.block(5000);
  for (let time = 0; time < SHUT_AFTER + 1; time++) stage.arrive();
  assert.equal(stage.log, []);
  stage.wait(1500);
  assert.equal(stage.log[0], 'shut');
});

it('blames nobody when the thread is busy again and again', (stage) => {
  for (let time = 0; time < 4; time++) {
    stage.block(5000);
    stage.fail(20);
  }
  assert.equal(stage.log, []);
});

it('does not forgive a flood that keeps the thread busy itself', (stage) => {
  stage.block(5000);
  stage.fail(600);
  stage.block(5000);
  stage.fail(400 + SHUT_AFTER);
  assert.equal(stage.log, []);
  stage.fail(1);
  assert.equal(stage.log.splice(0), ['shut', 'told 4']);
  stage.wait(61_000);
  stage.block(5000);
  stage.fail(600);
  assert.equal(stage.log.splice(0), [], 'another minute');
});

it('shuts at once where more wait than a thread finds that was busy', (stage) => {
  stage.block(5000);
  for (let time = 0; time < SHUT_AFTER + 1000; time++) stage.arrive();
  assert.equal(stage.log, []);
  stage.arrive();
  assert.is(stage.log[0], 'shut');
});

it('cuts without an answer, and looks at all credentials', ({ guard }) => {
  const cuts: string[] = [];
  const client = { cut: (reason: string) => cuts.push(reason) } as unknown as Applicant;
  assert.not(guard.areTold);
  assert.ok(guard.hears());
  guard.refuse(client);
  assert.equal(cuts, ['Authorization Violation']);
});

it('does nothing after its end', (stage) => {
  const names = Array.from({ length: SHUT_AFTER }, () => stage.arrive());
  stage.guard.stop();
  for (const name of names) stage.guard.left(name);
  assert.equal([stage.log, stage.timers.set], [[], []]);
});

guards('it tries again where it cannot open', async () => {
  const rings: (() => void)[] = [];
  const { setTimeout } = globalThis;
  let tries = 0;
  const guard = new PortGuard({
    shutAfter: 0,
    shutMs: SHUT_MS,
    expected: () => 0,
    shut: () => {},
    reopen: async () => {
      tries++;
      throw new Error('in use');
    },
    onShut: () => {},
  });
  Object.assign(globalThis, { setTimeout: (ring: () => void) => rings.push(ring) });
  try {
    guard.arrived('a', { destroy: () => {} });
    for (let time = 1; time <= 3; time++) {
      rings.pop()?.();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal([tries, rings.length], [time, 1]);
    }
    guard.stop();
    rings.pop()?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(rings.length, 0);
  } finally {
    globalThis.setTimeout = setTimeout;
    guard.stop();
  }
});

guards.run();
