/** The run that must end: main and its sentinel never both win it, and only the sentinel's own time counts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunJudge, STOP_WITHIN_MS } from '../../../src/link/sentinel/run-judge.js';
import { type LimitedRun, RunLimit } from '../../../src/link/shared/run-limit.js';

const test = suite('link/run-judge');
const run: LimitedRun = { leftMs: 500, task: 7, limitMs: 3_000, index: 4, generation: 2 };
/** When a run that was seen at 0 is overdue. */
const DUE = run.leftMs + STOP_WITHIN_MS;

function create(): { main: RunLimit; judge: RunJudge } {
  const main = new RunLimit();
  return { main, judge: new RunJudge(new RunLimit(main.buffer)) };
}

test('a run is read through another view of the same memory, until it ends', () => {
  const main = new RunLimit();
  const sentinel = new RunLimit(main.buffer);
  assert.is(sentinel.current(), undefined);
  main.set(run);
  const seen = sentinel.current();
  assert.equal(seen, { ...run, serial: seen?.serial });
  main.clear();
  assert.is(sentinel.current(), undefined);
  assert.is(sentinel.condemn(seen?.serial ?? 0), false, 'main was quicker');
});

test('a run that ended in time is never condemned, however late the sentinel looks', () => {
  const { main, judge } = create();
  main.set(run);
  judge.tick(0);
  main.clear();
  assert.is(judge.tick(DUE * 10), undefined);
  main.set(run);
  assert.is(judge.tick(DUE * 10), undefined, 'that is another run');
  assert.is(judge.tick(DUE * 11 - 1), undefined);
  assert.is(judge.sentence(DUE * 11), undefined);
});

test('a run that does not end is condemned two seconds after its limit, and ended once its master has heard', () => {
  const { main, judge } = create();
  main.set(run);
  assert.equal([judge.tick(0), judge.tick(DUE - 1)], [undefined, undefined]);
  assert.is(judge.tick(DUE)?.index, 4);
  assert.is(judge.tick(DUE + 1), undefined, 'it is told once');
  assert.is(judge.sentence(DUE + 1), undefined);
  judge.told();
  assert.is(judge.sentence(DUE + 1), 'TASK-7 ran longer than its 3 s and did not stop');
});

test('a master that does not answer is waited for a second', () => {
  const { main, judge } = create();
  main.set(run);
  judge.tick(0);
  judge.tick(DUE);
  assert.is(judge.sentence(DUE + 999), undefined);
  assert.ok(judge.sentence(DUE + 1_000));
});

test('a run that main ends at the same moment is left alone', () => {
  const asked: number[] = [];
  const judge = new RunJudge({
    current: () => ({ ...run, serial: 6 }),
    condemn: (serial) => asked.push(serial) === 0,
  });
  judge.tick(0);
  judge.tick(DUE - 1);
  assert.equal(asked, [], 'it is not condemned before its time');
  assert.is(judge.tick(DUE), undefined);
  assert.equal(asked, [6]);
  judge.told();
  assert.is(judge.sentence(DUE * 2), undefined);
});

test.run();
