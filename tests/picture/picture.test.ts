/** The picture of a computation after its events, which stays small whatever a trail holds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { OTHER_ALGORITHMS } from '../../src/picture/algorithm-tallies.js';
import { OTHERS } from '../../src/picture/failures.js';
import { LOSS_KINDS, lossKindOf } from '../../src/picture/loss-kinds.js';
import { Picture } from '../../src/picture/picture.js';
import { progressOf } from '../../src/picture/progress.js';
import { RecentCounts } from '../../src/picture/recent-counts.js';

const picturing = suite('picture');

const START_MS = 1_000_000_000;

type Timed = readonly [second: number, event: AuditEvent];

function pictureOf(...life: readonly Timed[]): Picture {
  const picture = new Picture();
  for (const [second, event] of life) picture.take(event, START_MS + second * 1_000);
  return picture;
}

const progressAt = (picture: Picture, second: number) => progressOf(picture, START_MS + second * 1_000);

const joins = (number: number): AuditEvent => ({
  type: 'slave-connecting',
  sid: `SLAVE-${number}`,
  host: 'h',
  pid: number + 100,
  memberId: 'm',
  kind: 'unordered',
});
const submits = (algorithm: string, count: number): AuditEvent => ({
  type: 'tasks-submitted',
  tasks: `0-${count - 1}`,
  algorithms: [{ algorithm, count }],
});
const settles = (algorithm: string, ok: string, rest: object = {}): AuditEvent => ({
  type: 'tasks-settled',
  algorithm,
  ok,
  ...rest,
});
const unrunnable = (reason: string): AuditEvent => ({
  type: 'task-unrunnable',
  taskId: 'TASK-1',
  algorithm: 'a',
  reason,
  history: [],
});

picturing('progress: what is done, of what, by whom, how fast, and how long it takes yet', () => {
  const picture = pictureOf(
    [0, { type: 'version', version: '1.0.0' }],
    [0, joins(0)],
    [0, joins(1)],
    [0, { type: 'slave-idle', sid: 'SLAVE-0' }],
    [0, { type: 'slave-busy', sid: 'SLAVE-0' }],
    [0, { type: 'slave-idle', sid: 'SLAVE-1' }],
    [0, submits('hello', 100)],
  );
  const begun = progressAt(picture, 1);
  assert.is(begun.total, undefined, 'more may come');
  assert.is(begun.perSecond, undefined);
  for (let second = 1; second <= 10; second++) {
    picture.take(settles('hello', `${second * 5}-${second * 5 + 4}`), START_MS + second * 1_000);
    if (second === 2) assert.is(progressAt(picture, 2).perSecond, undefined, 'too early to tell');
  }
  assert.equal(progressAt(picture, 10), {
    done: 50,
    submitted: 100,
    total: 100,
    failed: 0,
    algorithms: [],
    otherAlgorithms: 0,
    slaves: 2,
    busy: 1,
    perSecond: 5,
    elapsedSeconds: 10,
    remainingSeconds: 10,
  });
  picture.yetToCome = undefined;
  const drawing = progressAt(picture, 10);
  assert.equal([drawing.total, drawing.remainingSeconds], [undefined, undefined]);
  picture.yetToCome = 50;
  const array = progressAt(picture, 10);
  assert.equal([array.total, array.remainingSeconds], [150, 20]);
  picture.yetToCome = 0;
  assert.is(progressAt(picture, 100).remainingSeconds, undefined, 'nothing has come for a minute');
  const cut = progressAt(pictureOf([0, settles('hello', '0-9')]), 60);
  assert.equal(
    [cut.done, cut.submitted, cut.total],
    [10, 0, undefined],
    'the beginning of the trail is missing',
  );
});

picturing('at most four algorithms, those with most left; failures without what was taken back', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const picture = pictureOf(
    ...names.map((name, index): Timed => [0, submits(name, 10 + index)]),
    [1, settles('f', '0-14')],
    [1, settles('b', '0', { error: '1-2', unrunnable: '3-5' })],
    [1, { type: 'task-cancelled', taskId: 'TASK-3', algorithm: 'b' }],
    [1, { type: 'task-killed', taskId: 'TASK-4', algorithm: 'b', category: 'default' }],
    [1, unrunnable('timeout')],
  );
  const { algorithms, otherAlgorithms, failed, done } = progressAt(picture, 5);
  assert.equal(
    algorithms.map(({ name }) => name),
    ['a', 'c', 'd', 'e'],
  );
  assert.equal([otherAlgorithms, failed, done], [2, 3, 21]);
  assert.equal(
    [...picture.unrunnable],
    [
      ['cancelled', 1],
      ['killed', 1],
      ['timeout', 1],
    ],
  );
});

picturing('the end of a slave counts once, and sids begin again with another master', () => {
  const lost = (sid: string): AuditEvent => ({ type: 'slave-lost', sid, evidence: 'silent for 30.1 s' });
  const picture = pictureOf(
    [0, joins(0)],
    [0, joins(1)],
    [1, lost('SLAVE-0')],
    [1, { type: 'slave-disconnected', sid: 'SLAVE-0' }],
    [2, { type: 'slave-suspected', sid: 'SLAVE-1', evidence: '503' }],
  );
  assert.equal([picture.counts.lost, picture.counts.shutDown, picture.slaves.size], [1, 0, 1]);
  assert.equal([...picture.losses], [['silent for N s', 1]]);
  assert.is(picture.slaves.countStates().suspected, 1);
  picture.take({ type: 'master-finished', memberId: 'm' }, START_MS);
  assert.is(picture.slaves.size, 0);
  assert.ok(picture.isFinished);
  picture.take(joins(0), START_MS);
  picture.take(lost('SLAVE-0'), START_MS);
  assert.equal([picture.counts.lost, picture.slaves.joined], [2, 3]);
  picture.take({ type: 'slave-idle', sid: 'SLAVE-0' }, START_MS);
  assert.is(picture.slaves.size, 0, 'one that is gone does not come back by a late line');
  picture.take({ type: 'slave-busy', sid: 'SLAVE-9' }, START_MS);
  assert.is(picture.slaves.countStates().busy, 1, 'the trail began after it had joined');
});

picturing('it stays small, and says under which name the rest is', () => {
  const picture = new Picture();
  for (let index = 0; index < 3_000; index++) {
    const letters = index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
    picture.take(submits(`algorithm ${letters}`, 1), START_MS);
    picture.take({ type: 'slave-lost', sid: `SLAVE-${index}`, evidence: `it said ${letters}` }, START_MS);
    picture.take(unrunnable(letters), START_MS);
  }
  assert.is(picture.algorithms.byName.size, 1_001);
  assert.is(picture.algorithms.byName.get(OTHER_ALGORITHMS)?.submitted, 2_000);
  assert.is(picture.algorithms.submitted, 3_000);
  assert.is(picture.losses.size, 201);
  assert.is(picture.losses.of(OTHERS), 2_800);
  assert.is(picture.unrunnable.size, 33);
  for (let index = 0; index < 60_000; index++) picture.take(joins(index), START_MS);
  assert.equal([picture.slaves.size, picture.slaves.unseen], [50_000, 10_000]);
});

picturing('the rate is of the last half minute, whatever came before', () => {
  const recent = new RecentCounts();
  for (let second = 0; second < 100; second++) recent.add(second * 1_000, second < 50 ? 1_000 : 10);
  assert.is(recent.perSecond(99_999)?.toFixed(0), '10');
  assert.is(recent.perSecond(105_000)?.toFixed(1), '8.3', 'it falls while nothing comes');
  assert.is(recent.perSecond(200_000), 0);
  recent.add(150_000, 290);
  assert.is(recent.perSecond(200_500)?.toFixed(0), '10', 'a clock that was set back');
});

picturing('every evidence of a loss is of a kind', () => {
  const evidences = [
    'process ended by SIGKILL, because TASK-7 was killed',
    '503 for 2.0 s',
    'silent for 30.0 s',
    'process exited with code 3',
    'process ended by SIGKILL',
    'uncaught RangeError: too far',
    'aliens',
  ];
  assert.equal(evidences.map(lossKindOf), [...LOSS_KINDS]);
});

picturing.run();
