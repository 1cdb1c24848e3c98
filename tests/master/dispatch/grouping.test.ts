/** How large groups become, by measured time, by what is left, and by what was before. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type GroupingState,
  GroupPlan,
  nextAverage,
  nextQuick,
  nextWindow,
} from '../../../src/master/dispatch/grouping.js';
import { createEntry } from '../parts.js';

interface Row extends GroupingState {
  readonly what: string;
  readonly seconds: number | undefined;
  readonly resultBytes?: number;
  readonly size: number;
}

const MANY = { queued: 1_000_000, slots: 1, lastGroup: 1_000 };
const rows: readonly Row[] = [
  { what: 'an exact group, whatever it costs', taskGroup: 7, ...MANY, seconds: 10, size: 7 },
  {
    what: 'an exact group, whatever is left',
    taskGroup: 7,
    queued: 7,
    slots: 9,
    lastGroup: 1,
    seconds: 1,
    size: 7,
  },
  { what: 'fifty milliseconds at the most', taskGroup: 'auto', ...MANY, seconds: 1 / 128, size: 6 },
  { what: 'a thousand at the most', taskGroup: 'auto', ...MANY, seconds: 1e-6, size: 1_000 },
  { what: 'one that was never measured', taskGroup: 'auto', ...MANY, seconds: undefined, size: 1 },
  {
    what: 'a quarter of a megabyte of results',
    taskGroup: 'auto',
    ...MANY,
    seconds: 1e-6,
    resultBytes: 64_000,
    size: 4,
  },
  { what: 'one with a large result', taskGroup: 'auto', ...MANY, seconds: 1e-6, resultBytes: 1e7, size: 1 },
  {
    what: 'an exact group, whatever comes back',
    taskGroup: 7,
    ...MANY,
    seconds: 1e-6,
    resultBytes: 1e7,
    size: 7,
  },
  { what: 'one that takes long', taskGroup: 'auto', ...MANY, seconds: 2, size: 1 },
  {
    what: 'ten times the last at the most',
    taskGroup: 'auto',
    ...MANY,
    lastGroup: 3,
    seconds: 1e-6,
    size: 30,
  },
  {
    what: 'half of a slave’s share at the tail',
    taskGroup: 'auto',
    queued: 40,
    slots: 2,
    lastGroup: 1_000,
    seconds: 0.001,
    size: 10,
  },
  {
    what: 'more where a share is negligible',
    taskGroup: 'auto',
    queued: 40,
    slots: 10,
    lastGroup: 1_000,
    seconds: 0.0001,
    size: 10,
  },
];

const test = suite('master/grouping');

for (const { what, seconds, resultBytes, size, ...state } of rows) {
  test(`a group is ${what}`, () => {
    const plan = new GroupPlan(state);
    const algorithm = createEntry('work', seconds, resultBytes);
    let count = 0;
    while (!plan.isFull && plan.tryAdd(algorithm)) count++;
    assert.is(count, size);
  });
}

test('a long task does not join short ones', () => {
  const plan = new GroupPlan({ taskGroup: 'auto', ...MANY });
  const [short, long] = [createEntry('short', 0.001), createEntry('long', 0.2)];
  assert.equal([plan.tryAdd(short), plan.tryAdd(long), plan.tryAdd(short)], [true, false, true]);
});

test('the average follows quickly upwards, slowly downwards', () => {
  assert.is(nextAverage(undefined, 3), 3);
  assert.ok(nextAverage(1, 2) - 1 > 1 - nextAverage(1, 0));
});

const windows: readonly [
  what: string,
  from: number,
  seconds: number,
  bytes: number,
  dry: boolean,
  to: number,
][] = [
  ['a slave that ran dry gets a wider one', 2, 0.001, 100, true, 4],
  ['64 is the widest', 64, 0.001, 100, true, 64],
  ['one that did not run dry keeps its own', 8, 0.001, 100, false, 8],
  ['groups of a moment travel in company', 8, 0.00001, 100, false, 16],
  ['long groups need two', 16, 0.05, 100, true, 2],
  ['large results need two', 16, 0.001, 1e7, true, 2],
  ['also where the slave did not run dry', 16, 7, 100, false, 2],
];

for (const [what, from, seconds, bytes, dry, to] of windows) {
  test(`the next window: ${what}`, () => {
    assert.is(nextWindow(from, seconds, bytes, dry), to);
  });
}

test('the average is moved by three tenths upwards, and by one downwards', () => {
  assert.is(nextAverage(1, 2), 1.3);
  assert.is(nextAverage(1, 0), 0.9);
  assert.is(nextAverage(1, 1), 1);
});

test('a group that is enough is cut short only when what it has is not negligible', () => {
  const plan = new GroupPlan({ taskGroup: 'auto', queued: 4, slots: 1, lastGroup: 1_000 });
  const algorithm = createEntry('work', 0.0005);
  let count = 0;
  while (plan.tryAdd(algorithm)) count++;
  assert.is(count, 2, 'half of the share of one slave, which takes a millisecond');
  const none = new GroupPlan({ taskGroup: 'auto', queued: 3, slots: 0, lastGroup: 1_000 });
  for (count = 0; none.tryAdd(createEntry('work', 0.002)); ) count++;
  assert.is(count, 2, 'slaves that run nothing count as one place');
});

test('a group takes as long, and has as large results, as it may, and no more', () => {
  const state: GroupingState = { taskGroup: 'auto', ...MANY };
  const [half, quarter] = [createEntry('half', 0.025), createEntry('quarter', 0.0125)];
  const plan = new GroupPlan(state);
  assert.equal([plan.tryAdd(half), plan.tryAdd(half), plan.tryAdd(quarter)], [true, true, false]);
  const large = createEntry('large', 1e-6, 255 * 1024 - 1);
  const byte = createEntry('byte', 1e-6, 1);
  const other = new GroupPlan(state);
  assert.equal([other.tryAdd(large), other.tryAdd(byte), other.tryAdd(byte)], [true, true, false]);
});

test('results of as much as a group may have keep the window', () => {
  assert.is(nextWindow(16, 0.001, 255 * 1024, false), 16);
  assert.is(nextWindow(16, 0.001, 255 * 1024 + 1, false), 2);
  assert.is(nextWindow(16, 0.0001, 1, false), 16);
});

test('the quick time of an algorithm is one that about three runs in four exceed', () => {
  assert.is(nextQuick(undefined, 0), 1e-6);
  const times = Array.from({ length: 2_000 }, (_, run) => 1 + ((run * 7_919) % 1_000) / 1_000);
  const quick = times.reduce<number | undefined>(nextQuick, undefined) as number;
  assert.ok(quick > 1.05 && quick < 1.35, String(quick));
});

test.run();
