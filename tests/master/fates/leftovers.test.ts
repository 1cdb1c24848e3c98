/** Tasks and fates that are left behind, in words, and where tasks were submitted, as far as that is known. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  areAny,
  describeLeftovers,
  firstSubmission,
  gatherLeftovers,
  type Leftovers,
} from '../../../src/master/fates/leftovers.js';
import { SubmissionPlaces } from '../../../src/master/model/submission-places.js';
import type { Task } from '../../../src/master/model/task.js';
import { createEntry, Parts } from '../parts.js';

const test = suite('master/leftovers');

const left = (pending: number, untaken: number, sources: number, ...names: string[]): Leftovers => ({
  pending,
  untaken,
  sources,
  broadcasts: 0,
  algorithms: names.map((algorithm, index) => ({
    algorithm,
    pending: index === 0 ? pending - names.length + 1 : 1,
    untaken: index === 0 ? untaken : 0,
    submittedAt: undefined,
  })),
});

for (const [what, text] of [
  [left(0, 0, 0), 'no tasks pending'],
  [left(1, 0, 0, 'a'), '1 task pending (a 1)'],
  [left(3, 0, 0, 'a', 'b'), '3 tasks pending (a 2, b 1)'],
  [left(3, 2, 0, 'a', 'b'), '3 tasks pending (a 2, b 1) and 2 results untaken (a 2)'],
  [left(0, 1, 0, 'a'), '1 result untaken (a 1)'],
  [left(0, 0, 1), '1 source of submitAll not drawn to its end'],
  [
    left(1, 1, 2, 'a'),
    '1 task pending (a 1), 1 result untaken (a 1) and 2 sources of submitAll not drawn to their end',
  ],
  [{ ...left(0, 0, 0), broadcasts: 1 }, '1 broadcast not ended on every slave'],
  [
    { ...left(2, 0, 0, 'a'), broadcasts: 2 },
    '2 tasks pending (a 2) and 2 broadcasts not ended on every slave',
  ],
  [left(9, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g'), '9 tasks pending (a 3, b 1, c 1, d 1, e 1, 2 others)'],
] as const) {
  test(`it says ${text}`, () => {
    assert.is(describeLeftovers(what), text);
    assert.is(areAny(what), text !== 'no tasks pending');
  });
}

test('it counts pending tasks and untaken fates by algorithm, and names where the oldest came from', () => {
  const parts = new Parts();
  const [swept, idle, given] = [createEntry('swept'), createEntry('idle'), createEntry('given')];
  const controller = new AbortController();
  const tasks = parts.submit(3, swept);
  for (const task of tasks) swept.places.note(task.number, `app.js:${task.number}`);
  for (const task of parts.submit(2, given, { signal: controller.signal })) {
    parts.aborts.watch(task, controller.signal);
  }
  controller.abort();
  parts.settlement.giveUp(tasks[0] as Task, 'unknown-sid', 'test');
  const found = gatherLeftovers(parts.jar, parts.fates, [swept, idle, given], 1, 0);
  assert.equal(found, {
    pending: 2,
    untaken: 1,
    sources: 1,
    broadcasts: 0,
    algorithms: [{ algorithm: 'swept', pending: 2, untaken: 1, submittedAt: 'app.js:1' }],
  });
  assert.is(firstSubmission(found), ', the first of swept submitted at app.js:1');
  assert.is(firstSubmission(left(1, 0, 0, 'a')), '');
});

test('a place is exact where the stub has looked, else what all have in common, and bounded', () => {
  const places = new SubmissionPlaces();
  assert.is(places.of(0), undefined);
  places.note(0, 'a:1');
  assert.is(places.of(7), 'a:1');
  places.note(1, 'b:2');
  assert.equal([places.of(0), places.of(1), places.of(7)], ['a:1', 'b:2', 'a:1 or b:2']);
  for (let number = 2; number < 20; number++) places.note(number, `c:${number}`);
  assert.equal([places.of(1), places.of(19)], ['b:2', undefined]);
  for (let number = 20; number < 5_000; number++) places.note(number, 'a:1');
  assert.equal([places.of(500), places.of(4_999)], ['a:1', undefined]);
});

test.run();
