/** The run that must end: main and its sentinel never both win it, and only the sentinel's own time counts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunJudge, STOP_WITHIN_MS } from '../../../src/link/sentinel/run-judge.js';
import { Claims } from '../../../src/link/shared/claims.js';
import { type LimitedRun, RunLimit } from '../../../src/link/shared/run-limit.js';

const test = suite('link/run-judge');
const run: LimitedRun = { leftMs: 500, task: 7, limitMs: 3_000, killed: 0, index: 4, generation: 2 };
/** When a run that was seen at 0 is overdue. */
const DUE = run.leftMs + STOP_WITHIN_MS;

function create(): { main: RunLimit; claims: Claims; judge: RunJudge } {
  const main = new RunLimit();
  const claims = new Claims();
  claims.reset();
  return { main, claims, judge: new RunJudge(new RunLimit(main.buffer), new Claims(claims.buffer)) };
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
  const limit = {
    current: () => ({ ...run, serial: 6 }),
    condemn: (serial: number) => asked.push(serial) === 0,
  };
  const judge = new RunJudge(limit, new Claims());
  judge.tick(0);
  judge.tick(DUE - 1);
  assert.equal(asked, [], 'it is not condemned before its time');
  assert.is(judge.tick(DUE), undefined);
  assert.equal(asked, [6]);
  judge.told();
  assert.is(judge.sentence(DUE * 2), undefined);
});

/** A run of main that has begun at this place. */
function begin(claims: Claims, index: number): void {
  claims.offer(index);
  claims.begin(index, 0);
}

test('a killed run that main knows of has its grace, and no seconds more', () => {
  const { main, judge } = create();
  main.set({ ...run, killed: 1, limitMs: 1_500 });
  judge.tick(0);
  assert.is(judge.tick(run.leftMs - 1), undefined);
  assert.is(judge.tick(run.leftMs)?.index, 4);
  judge.told();
  assert.is(judge.sentence(run.leftMs), 'TASK-7 was killed and did not stop within 1.5 s');
});

test('a killed run is found while main computes, and has one turn at least to heed its signal', () => {
  const { claims, judge } = create();
  begin(claims, 0);
  assert.not(judge.isAwake(0));
  judge.kill({ generation: claims.generation, index: 0 }, { task: 7, afterMs: 0 });
  assert.ok(judge.isAwake(0), 'it needs a tick soon');
  assert.is(judge.tick(100), undefined);
  assert.equal(judge.tick(300)?.index, 0);
  judge.told();
  assert.is(judge.sentence(300), 'TASK-7 was killed and did not stop at once');
  assert.is(claims.takeBack(claims.generation, 0, 5), 1, 'it counts as begun');
  assert.is(claims.cancel(claims.generation, 0), 'running');
});

test('a killed run that stops within its grace ends nothing, and so does one of an earlier session', () => {
  const { claims, judge } = create();
  begin(claims, 0);
  begin(claims, 1);
  const { generation } = claims;
  judge.kill({ generation, index: 0 }, { task: 7, afterMs: 1_000 });
  judge.kill({ generation, index: 1 }, { task: 8, afterMs: 1_000 });
  assert.equal([judge.tick(0), judge.tick(999)], [undefined, undefined]);
  claims.finish(0);
  claims.reset();
  begin(claims, 1);
  assert.equal([judge.tick(1_000), judge.tick(9_000)], [undefined, undefined]);
  assert.not(claims.condemn(generation, 1), 'main was quicker');
});

test('of several killed runs one is enough', () => {
  const { claims, judge } = create();
  for (const index of [0, 1]) {
    begin(claims, index);
    judge.kill({ generation: claims.generation, index }, { task: index, afterMs: 500 - 100 * index });
  }
  judge.tick(0);
  assert.is(judge.tick(400)?.index, 1);
  assert.is(judge.tick(9_000), undefined);
});

test.run();
