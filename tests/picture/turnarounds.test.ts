/** Times from submission to fate, from the numbers of tasks in the trail, for a long run too. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SubmissionMarks } from '../../src/picture/submission-marks.js';
import { Turnarounds } from '../../src/picture/turnarounds.js';

const test = suite('turnarounds');

const submit = (turnarounds: Turnarounds, second: number, tasks: string): void =>
  turnarounds.take({ type: 'tasks-submitted', tasks, algorithms: [] }, second * 1_000);
const settle = (turnarounds: Turnarounds, second: number, ok: string): void =>
  turnarounds.take({ type: 'tasks-settled', algorithm: 'a', ok }, second * 1_000);

test('a range of fates is told apart by when its tasks were submitted', () => {
  const turnarounds = new Turnarounds([1, 5, 20]);
  submit(turnarounds, 0, '0-4');
  submit(turnarounds, 0, '5-9');
  submit(turnarounds, 10, '10-19,21');
  settle(turnarounds, 11, '3-12,21');
  assert.equal(turnarounds.buckets.cumulated(), [4, 4, 11]);
  assert.is(turnarounds.buckets.sum, 7 * 11 + 4 * 1);
  assert.equal(
    [3, 9, 10, 21].map((number) => turnarounds.ageOf(number, 20_000)),
    [20, 20, 10, 10],
  );
  assert.is(turnarounds.ageOf(99, 20_000), 0, 'it is not in the trail yet');
  settle(turnarounds, 12, '99');
  assert.is(turnarounds.buckets.count, 12);
});

test('after a day of tasks each second an age is at most 2 % too small', () => {
  const turnarounds = new Turnarounds([1]);
  const seconds = 86_400;
  for (let second = 0; second < seconds; second++)
    submit(turnarounds, second, `${second * 2}-${second * 2 + 1}`);
  for (const submitted of [0, 1_000, 50_000, 86_000, 86_399]) {
    const off = seconds - submitted - turnarounds.ageOf(submitted * 2, seconds * 1_000);
    assert.ok(off >= 0 && off <= (seconds - submitted) / 50, `${submitted}: ${off} s off`);
  }
});

test('submissions in each of 200,000 turns keep some thousand times', () => {
  const marks = new SubmissionMarks();
  let most = 0;
  for (let turn = 0; turn < 200_000; turn++) {
    marks.mark({ number: turn, timeMs: turn + 0.5 });
    most = Math.max(most, marks.size);
  }
  assert.ok(most < 6_000, `${most} at once`);
  assert.is(marks.timeOf(199_999), 199_999.5);
  const early = marks.timeOf(100) ?? 0;
  assert.ok(early >= 100.5 && early < 200_000 / 50, `${early}`);
});

test.run();
