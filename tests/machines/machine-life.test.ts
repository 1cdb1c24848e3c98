/** The states of a machine: each move by hand, and by chance that nothing moves where it must not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MachineState } from '../../src/machines/farm/machine.js';
import { MachineLife, OPEN_WITHIN_MS, VALIDATE_WITHIN_MS } from '../../src/machines/farm/machine-life.js';
import { retryDelayMs } from '../../src/machines/farm/retry-delay.js';
import { Chance } from '../simulation/scheduler.js';

const delayMs = (failures: number): number => retryDelayMs('ssh', failures, 0);

class Stage {
  readonly log: string[] = [];
  attempt = 0;
  readonly life: MachineLife;

  constructor({ isValidated = true, mostFailures = 3 } = {}) {
    this.life = new MachineLife({
      isValidated,
      mostFailures,
      delayMs,
      ports: {
        open: (attempt) => {
          this.attempt = attempt;
          this.log.push('open');
        },
        validate: () => this.log.push('validate'),
        admit: () => this.log.push('admit'),
        drain: () => this.log.push('drain'),
        close: () => this.log.push('close'),
        moved: (state, { reason, againMs }) =>
          this.log.push([`-> ${state}`, againMs, reason].filter((part) => part !== undefined).join(' ')),
      },
    });
  }

  takeLog(): string {
    return this.log.splice(0).join(', ');
  }

  /** As far as a machine that works. */
  readied(now = 0): this {
    this.life.begin(now);
    this.life.opened(this.attempt, now);
    this.life.validated(this.attempt, now);
    this.takeLog();
    return this;
  }
}

const life = suite('machines/machine-life');

life('goes from starting by its validation to ready', () => {
  const one = new Stage();
  assert.is(one.life.state, 'unknown');
  one.life.begin(0);
  one.life.begin(0);
  assert.is(one.takeLog(), '-> starting, open');
  one.life.opened(one.attempt, 1);
  assert.is(one.takeLog(), '-> validating, validate');
  one.life.validated(one.attempt, 2);
  assert.is(one.takeLog(), '-> ready, admit');
  assert.equal([one.life.dueAt, one.life.reason], [undefined, undefined]);
});

life('is ready at once without a validation', () => {
  const stage = new Stage({ isValidated: false });
  stage.life.begin(0);
  stage.life.opened(stage.attempt, 0);
  assert.is(stage.takeLog(), '-> starting, open, -> ready, admit');
});

life('is tried again after each failure, later each time, and given up after equal ones', () => {
  const stage = new Stage();
  stage.life.begin(0);
  stage.takeLog();
  let now = 0;
  for (const [reason, text] of [
    ['no route', 'close, -> failing 1000 no route'],
    ['refused 1 of 7', 'close, -> failing 2000 refused 1 of 7'],
    ['no route', 'close, -> failing 4000 no route'],
    ['refused 2 of 7', 'close, -> failing 8000 refused 2 of 7'],
    ['refused 3 of 7', 'close, -> failing 16000 refused 3 of 7'],
    ['refused 4 of 9', 'close, -> given-up refused 4 of 9'],
  ] as const) {
    stage.life.failed(stage.attempt, reason, now);
    assert.is(stage.takeLog(), text);
    if (stage.life.dueAt === undefined) break;
    stage.life.tick(stage.life.dueAt - 1);
    assert.is(stage.takeLog(), '', 'not before its time');
    now = stage.life.dueAt;
    stage.life.tick(now);
    assert.is(stage.takeLog(), '-> starting, open');
  }
  assert.equal(
    [stage.life.state, stage.life.dueAt, stage.life.reason],
    ['given-up', undefined, 'refused 4 of 9'],
  );
  stage.life.tick(1e9);
  assert.is(stage.takeLog(), '');
});

life('waits at most a minute, and begins anew once it was ready for one', () => {
  const stage = new Stage({ mostFailures: Number.POSITIVE_INFINITY });
  stage.life.begin(0);
  let delay = 0;
  for (let count = 0; count < 20; count++) {
    const now = count * 100_000;
    stage.life.failed(stage.attempt, 'no', now);
    delay = (stage.life.dueAt ?? 0) - now;
    stage.life.tick(now + 99_999);
  }
  assert.is(delay, 60_000);
  const now = 5_000_000;
  stage.life.opened(stage.attempt, now);
  stage.life.validated(stage.attempt, now);
  stage.life.failed(stage.attempt, 'no', now + 59_999);
  assert.is(stage.life.dueAt, now + 59_999 + 60_000);
  stage.life.tick(now + 200_000);
  stage.life.opened(stage.attempt, now + 200_000);
  stage.life.validated(stage.attempt, now + 200_000);
  stage.life.failed(stage.attempt, 'no', now + 260_000);
  assert.is(stage.life.dueAt, now + 261_000);
});

life('equal failures count from anew once it was ready for a minute', () => {
  const stage = new Stage({ mostFailures: 2 });
  stage.readied(0);
  for (let count = 0; count < 5; count++) {
    const lost = (count + 1) * 100_000;
    stage.life.failed(stage.attempt, 'the way is lost', lost);
    assert.is(stage.life.state, 'failing');
    stage.life.tick(lost + 1_000);
    stage.life.opened(stage.attempt, lost + 1_000);
    stage.life.validated(stage.attempt, lost + 1_000);
  }
  stage.life.failed(stage.attempt, 'the way is lost', 501_001);
  assert.is(stage.life.state, 'given-up');
});

life('is not judged for a time in which its master heard nothing', () => {
  const stage = new Stage();
  const heldMs = 3_600_000;
  stage.life.begin(0);
  stage.life.tick(heldMs, heldMs);
  stage.life.opened(stage.attempt, heldMs);
  stage.life.tick(2 * heldMs, heldMs);
  assert.is(stage.life.state, 'validating');
  stage.life.tick(2 * heldMs + VALIDATE_WITHIN_MS);
  assert.is(stage.life.state, 'failing');
  const again = stage.life.dueAt ?? 0;
  stage.life.tick(again + heldMs, heldMs);
  assert.is(stage.life.state, 'starting', 'but it is tried again in time');
});

life('what takes too long is a failure', () => {
  const stage = new Stage();
  stage.life.begin(0);
  stage.life.tick(OPEN_WITHIN_MS);
  assert.match(stage.takeLog(), /-> failing 1000 it was not reached within 120 s/);
  stage.life.tick(OPEN_WITHIN_MS + 1_000);
  const opened = OPEN_WITHIN_MS + 2_000;
  stage.life.opened(stage.attempt, opened);
  stage.life.tick(opened + VALIDATE_WITHIN_MS);
  assert.match(stage.takeLog(), /-> failing 2000 its validation did not end within 60 s/);
});

life('what belongs to an earlier attempt changes nothing', () => {
  const stage = new Stage();
  stage.life.begin(0);
  const first = stage.attempt;
  stage.life.tick(OPEN_WITHIN_MS);
  stage.life.tick(OPEN_WITHIN_MS + 1_000);
  stage.takeLog();
  stage.life.opened(first, OPEN_WITHIN_MS + 1_001);
  stage.life.failed(first, 'late', OPEN_WITHIN_MS + 1_001);
  assert.equal([stage.life.state, stage.takeLog()], ['starting', '']);
});

life('leaves by draining what runs, and at once what does not', () => {
  const ready = new Stage().readied();
  ready.life.unregister(false);
  ready.life.unregister(false);
  assert.is(ready.takeLog(), '-> draining, drain');
  ready.life.drained();
  ready.life.drained();
  assert.is(ready.takeLog(), 'close, -> gone');

  const lost = new Stage().readied();
  lost.life.unregister(false);
  lost.life.failed(lost.attempt, 'the way is lost', 5);
  assert.is(lost.takeLog(), '-> draining, drain, close, -> gone');

  const hasty = new Stage().readied();
  hasty.life.unregister(false);
  hasty.life.unregister(true);
  assert.is(hasty.takeLog(), '-> draining, drain, close, -> gone');

  const starting = new Stage();
  starting.life.begin(0);
  starting.life.unregister(false);
  starting.life.opened(1, 1);
  assert.is(starting.takeLog(), '-> starting, open, close, -> gone');
});

const NEXT: Readonly<Record<MachineState, readonly MachineState[]>> = {
  unknown: ['starting', 'gone'],
  starting: ['validating', 'failing', 'given-up', 'gone'],
  validating: ['ready', 'failing', 'given-up', 'draining', 'gone'],
  ready: ['failing', 'given-up', 'draining', 'gone'],
  failing: ['starting', 'gone'],
  'given-up': ['gone'],
  draining: ['gone'],
  gone: [],
};

life('by chance: it moves as its table says, opens only what is closed, and ends', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const chance = new Chance(seed);
    let isOpen = false;
    let [state, attempt, now] = ['unknown' as MachineState, 0, 0];
    const machine: MachineLife = new MachineLife({
      isValidated: true,
      mostFailures: chance.between(1, 4),
      delayMs,
      ports: {
        open: (number) => {
          assert.not(isOpen, `seed ${seed}`);
          isOpen = true;
          attempt = number;
        },
        validate: () => assert.is(state, 'validating'),
        admit: () => assert.is(state, 'ready'),
        drain: () => assert.is(state, 'draining'),
        close: () => {
          isOpen = false;
        },
        moved: (next) => {
          assert.ok(NEXT[state].includes(next), `seed ${seed}: ${state} -> ${next}`);
          seen.add(`${state} -> ${next}`);
          state = next;
        },
      },
    });
    for (let step = 0; step < 60; step++) {
      now += chance.pick([0, 10, 1_000, 70_000, 130_000]);
      const number = chance.happens(0.1) ? attempt - 1 : attempt;
      const act = chance.between(0, 11);
      if (act === 0) machine.begin(now);
      else if (act <= 3) machine.opened(number, now);
      else if (act <= 5) machine.validated(number, now);
      else if (act <= 7) machine.failed(number, chance.pick(['a', 'b']), now);
      else if (act === 8 && chance.happens(0.1)) machine.unregister(chance.happens(0.3));
      else if (act === 9) machine.drained();
      else machine.tick(now);
      const isAlive =
        state === 'starting' || state === 'validating' || state === 'ready' || state === 'draining';
      assert.is(isOpen, isAlive, `seed ${seed}: ${state}`);
      const waits = state === 'starting' || state === 'validating' || state === 'failing';
      assert.is(machine.dueAt !== undefined, waits, `seed ${seed}: ${state} waits for ever`);
    }
    machine.unregister(true);
    assert.equal([state, isOpen], ['gone', false]);
  }
  const all = Object.entries(NEXT).flatMap(([from, nexts]) => nexts.map((next) => `${from} -> ${next}`));
  assert.equal(
    all.filter((move) => !seen.has(move)),
    [],
    'the seeds take every way',
  );
});

life.run();
