/** A slave's core is ticked while that is of use, and hardly ever while it idles. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LONGEST_REST_MS, TICK_MS, Ticker } from '../../../src/slave/core/ticker.js';

const test = suite('slave/core/ticker');

/** A clock of its own, and a core that rests for `restMs` after each tick. */
class Stage {
  now = 0;
  restMs = Number.POSITIVE_INFINITY;
  /** The further work of a tick. */
  inTick: () => void = () => {};
  readonly ticks: number[] = [];
  readonly ticker: Ticker;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  constructor() {
    this.ticker = new Ticker({
      tick: () => {
        this.ticks.push(this.now);
        this.inTick();
        return this.restMs;
      },
      later: (run, ms) => {
        const timer = { at: this.now + ms, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    });
  }

  get timers(): number {
    return this.#timers.length;
  }

  pass(ms: number): this {
    for (const end = this.now + ms; ; ) {
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > end) {
        this.now = end;
        return this;
      }
      this.#timers.shift();
      this.now = next.at;
      next.run();
    }
  }
}

test('it ticks each 100 ms while that is asked for', () => {
  const stage = new Stage();
  stage.restMs = TICK_MS;
  assert.equal(stage.pass(450).ticks, [100, 200, 300, 400]);
});

test('an idle slave gets one tick, then one each five seconds', () => {
  assert.equal(new Stage().pass(16_000).ticks, [100, 5_100, 10_100, 15_100]);
  assert.is(LONGEST_REST_MS, 5_000);
});

test('it rests for as long as the core says', () => {
  const stage = new Stage();
  stage.restMs = 1_500;
  assert.equal(stage.pass(4_000).ticks, [100, 1_600, 3_100]);
});

test('a tick is never further than 100 ms from a wish, and many wishes set one timer', () => {
  const stage = new Stage();
  stage.pass(1_000);
  for (let wishes = 0; wishes < 1_000; wishes++) stage.ticker.soon();
  assert.is(stage.timers, 1);
  stage.pass(50).ticker.soon();
  assert.equal(stage.pass(1_000).ticks, [100, 1_100]);
  assert.is(stage.timers, 1);
});

test('a tick that asks for another one has said so by its rest', () => {
  const stage = new Stage();
  stage.inTick = () => stage.ticker.soon();
  assert.equal(stage.pass(4_000).ticks, [100]);
  assert.is(stage.timers, 1);
});

test('it goes on after a tick that throws', () => {
  const stage = new Stage();
  stage.inTick = () => {
    throw new Error('a bug');
  };
  for (const at of [100, 200, 300]) {
    assert.throws(() => stage.pass(at - stage.now), 'a bug');
  }
  stage.inTick = () => {};
  assert.equal(stage.pass(6_000).ticks, [100, 200, 300, 400, 5_400]);
});

test('it is silent once closed, also by its own tick', () => {
  const stage = new Stage();
  stage.inTick = () => stage.ticker.close();
  stage.pass(10_000).ticker.soon();
  assert.equal(stage.pass(10_000).ticks, [100]);
  assert.is(stage.timers, 0);
});

test.run();
