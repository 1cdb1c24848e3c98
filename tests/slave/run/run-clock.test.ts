/** The clock of runs with a limit, on timers that end when the test says so. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LimitedRun, RunLimit } from '../../../src/link/shared/run-limit.js';
import type { GivenTask } from '../../../src/slave/core/given-task.js';
import { RunClock } from '../../../src/slave/run/run-clock.js';
import { givenTask } from '../given-task.js';

const test = suite('slave/run-clock');

const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

class Timers {
  now = 1_000;
  readonly #timers = new Map<object, { readonly at: number; readonly ring: () => void }>();

  constructor() {
    globalThis.setTimeout = ((ring: (...args: unknown[]) => void, ms: number, ...args: unknown[]) => {
      const timer = {};
      this.#timers.set(timer, { at: this.now + ms, ring: () => ring(...args) });
      return timer;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer: object) => this.#timers.delete(timer)) as typeof clearTimeout;
  }

  get set(): number {
    return this.#timers.size;
  }

  /** Rings those that are due, in their order. */
  pass(ms: number): void {
    this.now += ms;
    for (const [timer, { at, ring }] of [...this.#timers].sort(([, a], [, b]) => a.at - b.at)) {
      if (at > this.now) continue;
      this.#timers.delete(timer);
      ring();
    }
  }
}

/** The shared word, as its sentinel would see it: `set` only while nothing is limited. */
class Limit {
  readonly said: string[] = [];
  watched: LimitedRun | undefined;

  set(run: LimitedRun): void {
    assert.is(this.watched, undefined, 'nothing is limited at that moment');
    this.watched = run;
    this.said.push(`${run.task} of ${run.limitMs} has ${run.leftMs}`);
  }

  clear(): void {
    assert.is.not(this.watched, undefined, 'something is limited at that moment');
    this.watched = undefined;
    this.said.push('none');
  }
}

function createClock({ abandons }: { abandons: boolean }) {
  const timers = new Timers();
  const limit = new Limit();
  const rung: string[] = [];
  const told: number[] = [];
  const clock = new RunClock({
    limit: limit as unknown as RunLimit,
    clock: () => timers.now,
    onLimited: () => told.push(timers.now),
    abort: ({ number }) => rung.push(`abort ${number}`),
    abandon: abandons ? ({ number }) => rung.push(`abandon ${number}`) : undefined,
  });
  return { timers, limit, rung, told, clock };
}

const task = (number: number, timeoutMs: number): GivenTask =>
  givenTask(number, { index: number + 100, generation: 3, timeoutMs });

test.after.each(() => void Object.assign(globalThis, real));

test('the sentinel is told of the first limited run, and once per second while others begin', () => {
  const { timers, told, clock } = createClock({ abandons: false });
  for (let number = 0; number < 30; number++) {
    clock.start(task(number, 50));
    timers.pass(40);
    clock.stop(task(number, 50));
    clock.close();
    timers.pass(60);
  }
  assert.equal(
    told.map((at) => at - (told[0] ?? 0)),
    [0, 1_000, 2_000],
  );
});

test('the signal of a run aborts at its limit, and its end says whether it did', () => {
  const { timers, rung, clock } = createClock({ abandons: false });
  const [quick, slow] = [task(1, 50), task(2, 100)];
  clock.start(quick);
  clock.start(slow);
  timers.pass(49);
  assert.is(clock.stop(quick), false);
  timers.pass(50);
  assert.equal(rung, []);
  timers.pass(1);
  assert.equal(rung, ['abort 2']);
  assert.is(clock.stop(slow), true);
  assert.is(clock.stop(slow), false, 'it has ended already');
  assert.is(timers.set, 0);
});

test('where the process is not its own, a run is abandoned two seconds after its limit', () => {
  const { timers, rung, clock, limit } = createClock({ abandons: true });
  const [endless, stops] = [task(1, 100), task(2, 100)];
  clock.start(endless);
  clock.start(stops);
  timers.pass(100);
  assert.is(clock.stop(stops), true);
  timers.pass(1_999);
  assert.equal(rung, ['abort 1', 'abort 2']);
  timers.pass(1);
  assert.equal(rung, ['abort 1', 'abort 2', 'abandon 1']);
  clock.renumbered();
  assert.is(clock.stop(endless), true);
  assert.equal([limit.said, timers.set], [[], 0], 'no sentinel is asked to kill');
});

test('where the sentinel ends overdue runs, none is abandoned', () => {
  const { timers, rung, clock } = createClock({ abandons: false });
  clock.start(task(1, 10));
  assert.is(timers.set, 1);
  timers.pass(10_000);
  assert.equal(rung, ['abort 1']);
});

test('the sentinel watches the run that is due first, whichever began first', () => {
  const { timers, limit, clock } = createClock({ abandons: false });
  const [long, short, longer] = [task(1, 500), task(2, 100), task(3, 1_000)];
  clock.start(long);
  timers.pass(10);
  clock.start(short);
  clock.start(longer);
  assert.equal(limit.said, ['1 of 500 has 500', 'none', '2 of 100 has 100']);
  assert.equal(limit.watched, { leftMs: 100, task: 2, limitMs: 100, killed: 0, index: 102, generation: 3 });
  timers.pass(40);
  clock.stop(short);
  assert.equal(limit.said.slice(3), ['none', '1 of 500 has 450']);
  clock.stop(longer);
  assert.is(limit.said.length, 5, 'the watched one still runs');
  clock.stop(long);
  assert.equal([limit.said.slice(5), limit.watched], [['none'], undefined]);
});

test('of two that are due at once the one that began first stays watched', () => {
  const { limit, clock } = createClock({ abandons: false });
  clock.start(task(1, 100));
  clock.start(task(2, 100));
  assert.equal(limit.said, ['1 of 100 has 100']);
});

test('a run that is overdue has no time left, not less', () => {
  const { timers, limit, clock } = createClock({ abandons: false });
  const [first, second] = [task(1, 10), task(2, 20)];
  clock.start(first);
  clock.start(second);
  timers.pass(60);
  clock.stop(first);
  assert.is(limit.said.at(-1), '2 of 20 has 0');
});

test('the sentinel hears the new place of the run that it watches', () => {
  const { timers, limit, clock } = createClock({ abandons: false });
  clock.renumbered();
  assert.equal(limit.said, [], 'none is watched');
  const run = task(1, 100);
  clock.start(run);
  timers.pass(30);
  run.index = 0;
  run.generation = 4;
  clock.renumbered();
  assert.equal(limit.said, ['1 of 100 has 100', 'none', '1 of 100 has 70']);
  assert.equal([limit.watched?.index, limit.watched?.generation], [0, 4]);
});

test('a killed run is watched before those that have longer, and has no seconds more', () => {
  const { timers, rung, limit, clock } = createClock({ abandons: false });
  const [limited, endless] = [task(1, 500), task(2, 0)];
  clock.start(limited);
  clock.kill(endless, 2_000);
  assert.equal(limit.watched, {
    leftMs: 2_000,
    task: 2,
    limitMs: 2_000,
    killed: 1,
    index: 102,
    generation: 3,
  });
  assert.is(clock.stop(endless), true);
  assert.is(limit.said.at(-1), '1 of 500 has 500');
  timers.pass(100);
  clock.kill(limited, 10_000);
  assert.equal([limit.watched?.killed, limit.watched?.leftMs], [1, 10_000], 'the kill replaces its limit');
  timers.pass(60_000);
  assert.equal(rung, [], 'its signal was aborted by the kill');
  clock.stop(limited);
  assert.equal([limit.watched, timers.set], [undefined, 0]);
});

test('where the process is not its own, a killed run is abandoned after its grace', () => {
  const { timers, rung, clock } = createClock({ abandons: true });
  const [stops, endless] = [task(1, 100), task(2, 0)];
  clock.start(stops);
  clock.kill(stops, 50);
  clock.kill(endless, 70);
  timers.pass(49);
  clock.stop(stops);
  timers.pass(20);
  assert.equal(rung, []);
  timers.pass(1);
  assert.equal(rung, ['abandon 2']);
});

test('at the end no run is timed any more', () => {
  for (const abandons of [true, false]) {
    const { timers, limit, rung, clock } = createClock({ abandons });
    clock.start(task(1, 10));
    clock.start(task(2, 20));
    clock.close();
    timers.pass(10_000);
    assert.equal([rung, timers.set, limit.watched], [[], 0, undefined]);
  }
});

test.run();
