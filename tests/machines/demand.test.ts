/** How many slaves a farm should have: tables, and a simulated farm whose number must follow its tasks without a flutter. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Demand,
  type DemandSettings,
  type Load,
  RETIRE_AFTER_MS,
  START_AFTER_MS,
} from '../../src/machines/farm/demand.js';
import { placeSlaves } from '../../src/machines/farm/placement.js';
import { Chance } from '../simulation/scheduler.js';

const TICK_MS = 500;
const NOTHING: Load = {
  tasks: 0,
  ordered: 0,
  allocated: 0,
  concurrency: 1,
  foreign: 0,
  ended: 0,
  seconds: 0,
  busy: 0,
};

/** The slaves that were started after a load has lasted for some seconds. */
function settled(settings: DemandSettings, load: Partial<Load>, seconds = 3): number {
  const demand = new Demand(settings);
  let present = 0;
  for (let now = 0; now <= seconds * 1000; now += TICK_MS) {
    present += demand.decide({ ...NOTHING, ...load }, present, [], now).start;
  }
  return present;
}

const test = suite('machines/demand');

const ANY = { least: 0, most: 100 };
for (const [what, settings, load, expected] of [
  ['nothing to do', ANY, {}, 0],
  ['the least', { least: 3, most: 9 }, {}, 3],
  ['a slave for each task while nothing is known of them', ANY, { tasks: 7 }, 7],
  ['and no more than may be', { least: 0, most: 5 }, { tasks: 7 }, 5],
  ['tasks side by side', ANY, { tasks: 7, concurrency: 3 }, 3],
  ['short tasks are not worth many', ANY, { tasks: 1000, ended: 100, seconds: 0.1 }, 1],
  ['a slave for two seconds of work', ANY, { tasks: 100, ended: 10, seconds: 1 }, 5],
  ['long tasks, one each', ANY, { tasks: 8, ended: 1, seconds: 600 }, 8],
  ['what the program allocated', ANY, { allocated: 4 }, 4],
  ['ordered ones beside those for tasks', ANY, { tasks: 3, ordered: 2 }, 5],
  ['slaves of others', ANY, { tasks: 7, foreign: 3 }, 4],
  ['as few as finish in time', { ...ANY, deadline: 1_000_000 }, { tasks: 1000, ended: 10, seconds: 100 }, 13],
  ['one is enough in time', { ...ANY, deadline: 1_000_000 }, { tasks: 50, ended: 10, seconds: 10 }, 1],
  ['past the deadline', { ...ANY, deadline: -1 }, { tasks: 50, ended: 10, seconds: 10 }, 50],
] as const) {
  test(`${what}: ${expected}`, () => {
    assert.is(settled(settings, load), expected);
  });
}

test('a need must last before slaves start; the least are started at once', () => {
  const demand = new Demand({ least: 1, most: 10 });
  const starts = [0, 500, 999, START_AFTER_MS].map(
    (now) => demand.decide({ ...NOTHING, tasks: 4 }, 1, [], now).start,
  );
  assert.equal(starts, [0, 0, 0, 3]);
  assert.is(new Demand({ least: 2, most: 10 }).decide(NOTHING, 0, [], 0).start, 2);
});

test('idle slaves retire when they were not needed for half a minute, the youngest first, and no others', () => {
  const demand = new Demand({ least: 1, most: 10 });
  const idle = [
    { id: 'old', since: 1 },
    { id: 'young', since: 9 },
  ];
  demand.decide({ ...NOTHING, tasks: 3 }, 3, idle, 0);
  for (let now = TICK_MS; now < TICK_MS + RETIRE_AFTER_MS; now += TICK_MS) {
    assert.equal(demand.decide({ ...NOTHING, tasks: 2 }, 3, idle, now).retire, []);
  }
  const retire = (now: number) => demand.decide({ ...NOTHING, tasks: 2 }, 3, idle, now).retire;
  assert.equal(retire(TICK_MS + RETIRE_AFTER_MS), ['young']);
  assert.equal(demand.decide({ ...NOTHING, tasks: 2 }, 3, [], TICK_MS + RETIRE_AFTER_MS).retire, []);
});

test('tasks that never end count as long ones', () => {
  const demand = new Demand(ANY);
  let present = 0;
  for (let now = 0; now <= 60_000; now += TICK_MS) {
    // Many short ones have ended at the beginning; five slaves are busy with long ones since
    const ended = now < 2_000 ? 100 : 0;
    present += demand.decide(
      { ...NOTHING, tasks: 40, ended, seconds: ended / 1000, busy: Math.min(5, present) },
      present,
      [],
      now,
    ).start;
  }
  assert.is(present, 40);
});

test('says once it lasts that the deadline cannot be met', () => {
  const demand = new Demand({ least: 0, most: 2, deadline: 10_000 });
  const load = { ...NOTHING, tasks: 100, ended: 1, seconds: 5 };
  assert.not(demand.decide(load, 0, [], 0).isLate);
  assert.ok(demand.decide(load, 0, [], START_AFTER_MS).isLate);
});

test('slaves are started where the smallest part of the slots is taken', () => {
  const rooms = [
    { slots: 2, slaves: 0 },
    { slots: 4, slaves: 1 },
    { slots: 0, slaves: 0 },
  ];
  assert.equal(placeSlaves(rooms, 4), [0, 1, 1, 0]);
  assert.equal(placeSlaves(rooms, 9), [0, 1, 1, 0, 1], 'no more than there are slots');
});

interface Simulated {
  readonly since: number;
  readyAt: number;
  busyUntil: number;
}

/** A farm with tasks that come at random, in waves or all at once; some of its slaves die. */
function simulate(seed: number): { reversals: number; retired: number; seconds: number } {
  const chance = new Chance(seed);
  const most = chance.between(1, 30);
  const least = chance.between(0, Math.min(3, most));
  const demand = new Demand({ least, most });
  const taskMs = chance.pick([5, 200, 3_000, 40_000]);
  const perTick = (chance.between(1, 20) / 10) * (TICK_MS / taskMs) * chance.between(1, most);
  const waveMs = chance.pick([0, 0, 7_000, 90_000, 400_000]);
  let slaves: Simulated[] = [];
  let [tasks, ended, due, reversals, retired, lastStart, last] = [
    0,
    0,
    0,
    0,
    0,
    Number.NEGATIVE_INFINITY,
    '',
  ];
  let waitingSince = Number.POSITIVE_INFINITY;
  const untilMs = 900_000;
  for (let now = 0; now < untilMs; now += TICK_MS) {
    const isOn = waveMs === 0 || Math.floor(now / waveMs) % 2 === 0;
    if (isOn) due += perTick * chance.random() * 2;
    tasks += Math.floor(due);
    due -= Math.floor(due);
    if (chance.happens(0.002)) slaves = slaves.slice(1);
    let busy = 0;
    let running = 0;
    for (const slave of slaves) {
      if (slave.busyUntil > now) running++;
      if (slave.readyAt > now || slave.busyUntil > now || tasks === 0) continue;
      // Short tasks end within a tick, many of them
      const done = Math.min(tasks, Math.max(1, Math.floor(TICK_MS / taskMs)));
      tasks -= done;
      ended += done;
      busy++;
      if (taskMs > TICK_MS) slave.busyUntil = now + taskMs;
    }
    const idle = slaves
      .filter(({ readyAt, busyUntil }) => readyAt <= now && busyUntil <= now)
      .map((slave) => ({ id: slave, since: slave.since }));
    const seconds = (ended * taskMs) / 1000;
    const load = {
      ...NOTHING,
      tasks: tasks + running,
      ended,
      seconds,
      busy: Math.min(busy + running, slaves.length),
    };
    const decision = demand.decide(load, slaves.length, idle, now);
    ended = 0;
    for (const slave of decision.retire) {
      assert.ok(
        idle.some(({ id }) => id === slave),
        `seed ${seed}: a busy one retires`,
      );
      assert.ok(
        now - lastStart >= RETIRE_AFTER_MS,
        `seed ${seed}: started and retired within ${now - lastStart} ms`,
      );
      slaves = slaves.filter((one) => one !== slave);
      retired++;
    }
    for (let count = 0; count < decision.start; count++) {
      slaves.push({ since: now, readyAt: now + chance.between(300, 3_000), busyUntil: 0 });
    }
    const turn = decision.start > 0 ? 'start' : decision.retire.length > 0 ? 'retire' : last;
    if (decision.start > 0) lastStart = now;
    assert.not(decision.start > 0 && decision.retire.length > 0, `seed ${seed}: both at once`);
    if (turn !== last) reversals++;
    last = turn;
    assert.ok(slaves.length <= most, `seed ${seed}: ${slaves.length} of at most ${most}`);
    assert.ok(slaves.length >= least, `seed ${seed}: ${slaves.length} of at least ${least}`);
    waitingSince = tasks > 0 && slaves.length === 0 ? Math.min(waitingSince, now) : Number.POSITIVE_INFINITY;
    assert.ok(now - waitingSince <= START_AFTER_MS + TICK_MS, `seed ${seed}: tasks wait, and nobody comes`);
  }
  // After all is done, only the least stay
  for (let now = untilMs; now < untilMs + 100_000; now += TICK_MS) {
    const idle = slaves.map((slave) => ({ id: slave, since: slave.since }));
    for (const slave of demand.decide(NOTHING, slaves.length, idle, now).retire) {
      slaves = slaves.filter((one) => one !== slave);
    }
  }
  assert.is(slaves.length, least, `seed ${seed}`);
  return { reversals, retired, seconds: untilMs / 1000 };
}

test('by chance: it never has too many or too few, and never flaps', () => {
  let retired = 0;
  for (let seed = 0; seed < 40; seed++) {
    const result = simulate(seed);
    retired += result.retired;
    const most = 2 + 2 * (result.seconds / (RETIRE_AFTER_MS / 1000));
    assert.ok(result.reversals <= most, `seed ${seed}: ${result.reversals} turns in ${result.seconds} s`);
  }
  assert.ok(retired > 30, 'there was something to see');
});

test.run();
