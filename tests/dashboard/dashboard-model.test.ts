/** The data of the dashboard's pages: after gathered deltas the same as after a trail, within their bounds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { DeltaGatherer } from '../../src/dashboard/delta-gatherer.js';
import type { Delta, Figures, SlaveSeen } from '../../src/dashboard/messages.js';
import { DashboardModel } from '../../src/dashboard/model/dashboard-model.js';
import { FailureGroups } from '../../src/dashboard/model/failure-groups.js';
import { CELL_MS, Lane } from '../../src/dashboard/model/lane.js';
import { SlaveLives } from '../../src/dashboard/model/slave-lives.js';
import { failuresPage } from '../../src/dashboard/pages/failures-page.js';
import { machinesPage } from '../../src/dashboard/pages/machines-page.js';
import { overviewPage } from '../../src/dashboard/pages/overview-page.js';
import { PAGES, parsePageQuery, renderPage } from '../../src/dashboard/pages/render-page.js';
import { slavesPage } from '../../src/dashboard/pages/slaves-page.js';
import { streamPage } from '../../src/dashboard/pages/stream-page.js';
import { joining } from '../picture/joining.js';

const test = suite('dashboard model');

const START_MS = 1_790_000_000_000;
const FIGURES: Figures = {
  queued: 5,
  running: 2,
  pending: 7,
  untaken: 1,
  undrawn: 0,
  sentBytes: 10,
  receivedBytes: 20,
};
const PROCESS = { memoryBytes: 1_000, processorMs: 10 };

/** Two slaves, one of which is lost; each event with its second. */
const LIFE: readonly (readonly [second: number, event: AuditEvent])[] = [
  [0, { type: 'master-ready', address: 'nats://h:1' }],
  [0, joining(0, 'alpha')],
  [0, joining(1, 'beta')],
  [1, { type: 'tasks-submitted', tasks: '0-9', algorithms: [{ algorithm: 'a', count: 10 }] }],
  [1, { type: 'slave-busy', sid: 'SLAVE-0' }],
  [1, { type: 'tasks-sent', sid: 'SLAVE-0', count: 5 }],
  [2, { type: 'slave-busy', sid: 'SLAVE-1' }],
  [3, { type: 'slave-idle', sid: 'SLAVE-0' }],
  [3, { type: 'results-received', sid: 'SLAVE-0', count: 5 }],
  [3, { type: 'slave-computed', sid: 'SLAVE-0', count: 5, micros: 1_900_000 }],
  [
    3,
    {
      type: 'task-threw',
      sid: 'SLAVE-0',
      taskId: 'TASK-4',
      attempt: 1,
      algorithm: 'a',
      frame: 'f (a.js:1:2)',
      message: 'E: no 4',
    },
  ],
  [3, { type: 'tasks-settled', algorithm: 'a', ok: '0-2', error: '3-4', times: '400000x5' }],
  [4, { type: 'slave-busy', sid: 'SLAVE-0' }],
  [5, { type: 'slave-lost', sid: 'SLAVE-1', evidence: '503 for 2.0 s' }],
  [5, { type: 'slave-disconnected', sid: 'SLAVE-1' }],
  [5, { type: 'task-reclaimed', sid: 'SLAVE-1', taskId: 'TASK-5' }],
  [
    5,
    {
      type: 'task-unrunnable',
      taskId: 'TASK-5',
      algorithm: 'a',
      reason: 'max-attempts',
      history: [{ sid: 'SLAVE-1', attempt: 1, evidence: '503 for 2.0 s' }],
    },
  ],
  [5, { type: 'tasks-settled', algorithm: 'a', unrunnable: '5' }],
];

const NO_PROFILES = { underWay: undefined, fault: undefined, kept: [] };

/** As main posts it, in deltas of this number of seconds. */
function gathered(events: typeof LIFE, everySeconds: number, untilSecond: number): DashboardModel {
  const model = new DashboardModel();
  const gatherer = new DeltaGatherer();
  for (let from = 0; from < untilSecond; from += everySeconds) {
    const to = from + everySeconds;
    for (const [second, event] of events)
      if (second >= from && second < to) gatherer.take(event, START_MS + second * 1_000);
    const thrown = events.flatMap(([second, event]) => {
      if (event.type !== 'task-threw' || second < from || second >= to) return [];
      const { algorithm, message, frame } = event;
      return [{ algorithm, message, frame, count: 1 }];
    });
    const rest = { figures: FIGURES, process: PROCESS, slaves: [], thrown, threadCount: 0, threads: [] };
    model.takeDelta({ type: 'delta', atMs: START_MS + to * 1_000, ...gatherer.drain(), ...rest });
  }
  return model;
}

/** Counts of a running master come with deltas, so that the last of a group is known as to these. */
function failuresOf(model: DashboardModel): unknown {
  const { groups, ...page } = failuresPage(model);
  return { ...page, groups: groups.map(({ lastMs: _, ...group }) => group) };
}

test('deltas of any length and the lines of a trail tell the same of slaves and tasks', () => {
  const nowMs = START_MS + 6_000;
  const direct = new DashboardModel();
  for (const [second, event] of LIFE) direct.take(event, START_MS + second * 1_000);
  const expected = slavesPage(direct, nowMs, '', 100);
  assert.equal(
    expected.rows.map(({ sid, state, results, busy, note }) => [
      sid,
      state,
      results,
      Math.round(busy * 100),
      note,
    ]),
    [
      // Two of the first three seconds, and two since the fourth
      ['SLAVE-0', 'busy', 5, 67, ''],
      ['SLAVE-1', 'lost', 0, 60, '503 for 2.0 s'],
    ],
  );
  for (const seconds of [1, 2, 3, 6]) {
    const model = gathered(LIFE, seconds, 6);
    assert.equal(slavesPage(model, nowMs, '', 100), expected, `every ${seconds} s`);
    assert.equal(machinesPage(model, nowMs), machinesPage(direct, nowMs));
    assert.equal(failuresOf(model), failuresOf(direct));
    assert.is(model.picture.counts.computedMicros, 1_900_000);
    const page = overviewPage(model, nowMs);
    assert.equal([page.done, page.submitted, page.failed, page.slaves.busy], [6, 10, 3, 1]);
    assert.equal(page.algorithms[0], {
      name: 'a',
      submitted: 10,
      ok: 3,
      failed: 3,
      median: 400_000,
      percentile99: 400_000,
      seconds: 2,
    });
    assert.equal(
      page.warnings.map(({ level, text }) => `${level}: ${text}`),
      [
        'warning: 1 slave was lost in the last five minutes, such as SLAVE-1 on beta: 503 for 2.0 s',
        'warning: 3 tasks failed',
      ],
    );
  }
});

test('lanes show when each slave was busy, with what as far as it was seen, and what befell it', () => {
  const model = gathered(LIFE, 1, 6);
  const seen: SlaveSeen = {
    sid: 'SLAVE-0',
    tasks: 2,
    isDraining: false,
    memoryBytes: 50,
    processorShare: 1.2,
    beatSeconds: 0.5,
    runs: [{ taskId: 'TASK-7', algorithm: 'a', seconds: 1 }],
  };
  const nothing = {
    events: [],
    timesMs: [],
    work: new Float64Array(0),
    dropped: 0,
    figures: FIGURES,
    process: PROCESS,
    thrown: [],
    threadCount: 0,
    threads: [],
  };
  model.takeDelta({ type: 'delta', atMs: START_MS + 6_100, ...nothing, slaves: [seen] });
  const { lanes, algorithms, folded, cells } = streamPage(model, START_MS + 6_250, 6);
  assert.is(folded, false);
  assert.is(cells, 12);
  assert.equal(algorithms, ['', 'a']);
  const [first, second] = lanes;
  // From 0.5 s on: half a second of nothing, two of work, one of nothing, two of work, then what was seen
  assert.equal(first?.runs, [
    [1, 0, 0],
    [4, 100, 0],
    [2, 0, 0],
    [2, 100, 0],
    [3, 100, 1],
  ]);
  assert.equal(second?.runs, [
    [3, 0, 0],
    [6, 100, 0],
    [3, 0, 0],
  ]);
  assert.equal(
    [first?.marks.map(({ kind }) => kind), second?.marks.map(({ kind }) => kind)],
    [['failed'], ['lost']],
  );
  const [row] = slavesPage(model, START_MS + 6_600, 'task-7', 10).rows;
  assert.equal([row?.runs, row?.runSeconds, row?.beatSeconds], ['a TASK-7', 1.5, 1]);
  assert.equal([row?.memoryBytes, row?.processorShare], [50, 1.2]);
  const [machine] = machinesPage(model, START_MS + 6_600).rows;
  assert.equal([machine?.memoryBytes, machine?.cores], [50, 1.2]);
  assert.is(overviewPage(model, START_MS + 6_600).cores, 1.2);
});

test('a lane forgets what is older than ten minutes, and counts no time twice', () => {
  const lane = new Lane();
  lane.addBusy(START_MS, START_MS + 1_250, 1_250);
  const read = (atMs: number, cells: number) => lane.read(atMs, cells, undefined);
  assert.equal(read(START_MS + 1_999, 4), [
    [2, 100, 0],
    [1, 50, 0],
    [1, 0, 0],
  ]);
  const sums = Float64Array.of(0, 10, 0, 0);
  lane.addShares(sums, START_MS + 1_999, START_MS + 1_750);
  assert.equal([...sums], [100, 110, 50, 50], 'the shares of each cell, with a stretch that goes on');
  lane.addBusy(START_MS + 599_000, START_MS + 600_000, 250);
  assert.equal(read(START_MS + 599_999, 2), [[2, 25, 0]]);
  assert.equal(read(START_MS + 1_999, 4), [
    [1, 0, 0],
    [1, 100, 0],
    [1, 50, 0],
    [1, 0, 0],
  ]);
  lane.addBusy(START_MS + 10 * 600_000, START_MS + 10 * 600_000 + CELL_MS, CELL_MS);
  assert.equal(read(START_MS + 600_000, 1_200), [[1_200, 0, 0]]);
});

test('five thousand slaves fold by machine, are filtered before they are cut, and cost little', () => {
  const model = new DashboardModel();
  for (let number = 0; number < 5_000; number++) {
    model.take(joining(number, `host-${number % 70}`), START_MS);
    model.take({ type: 'slave-busy', sid: `SLAVE-${number}` }, START_MS + 500);
  }
  model.take({ type: 'slave-suspected', sid: 'SLAVE-4999', evidence: 'silent for 9.0 s' }, START_MS + 900);
  const nowMs = START_MS + 1_000;
  const { rows, found, all } = slavesPage(model, nowMs, '', 500);
  assert.equal([rows.length, found, all, rows[0]?.sid], [500, 5_000, 5_000, 'SLAVE-4999']);
  assert.equal(slavesPage(model, nowMs, 'host-69:', 500).found, 71);
  const stream = streamPage(model, nowMs, 1);
  assert.equal([stream.folded, stream.lanes.length, stream.more], [true, 64, 6]);
  assert.equal(stream.lanes[0]?.runs, [
    [1, 100, 0],
    [1, 0, 0],
  ]);
  assert.is(machinesPage(model, nowMs).rows.length, 70);
  for (const page of PAGES) {
    const query = parsePageQuery(`page=${page}`);
    assert.ok(query);
    const bytes = JSON.stringify(renderPage(model, NO_PROFILES, query, nowMs)).length;
    assert.ok(bytes < 400_000, `${page} has ${bytes} bytes`);
  }
});

test('failures go by error and line; numbers in messages make no new group; counts follow what is told', () => {
  const groups = new FailureGroups();
  const threw = (text: string, taskId?: string) =>
    ({ kind: 'threw', algorithm: 'a', text, frame: 'f:1', taskId }) as const;
  groups.tell(threw('RangeError: no 1', 'TASK-1'), START_MS, 1);
  groups.tell(threw('RangeError: no 2'), START_MS + 60_000, 10);
  groups.tell(threw('RangeError: no 3'), START_MS + 60_000, 10);
  groups.tell(threw('RangeError: other', 'TASK-9'), START_MS + 61_000, 1);
  groups.add({ kind: 'run again', algorithm: 'a', text: 'it threw TypeError: x' }, START_MS);
  const [first, second] = groups.list();
  assert.equal([first?.errorClass, first?.frame, first?.count], ['RangeError', 'f:1', 11]);
  assert.equal(
    first?.minutes.map(([, count]) => count),
    [1, 10],
  );
  assert.equal(
    first?.examples.map(({ taskId }) => taskId),
    ['TASK-1', 'TASK-9'],
  );
  assert.equal([second?.kind, second?.errorClass], ['run again', 'TypeError']);
  for (let number = 0; number < 1_000; number++)
    groups.add({ kind: 'unrunnable', algorithm: `a ${number}`, text: 'x' }, START_MS);
  assert.is(groups.list().length, 201);
  assert.is(groups.list()[0]?.errorClass, 'other failures');
});

test('the processor of a master is that of the time between two messages, whenever events came in it', () => {
  const model = new DashboardModel();
  for (let message = 0; message < 8; message++) {
    const atMs = START_MS + message * 250;
    model.takeDelta({
      ...{ type: 'delta', atMs, events: [{ type: 'slave-idle', sid: 'SLAVE-0' }], timesMs: [atMs - 1] },
      ...{ work: new Float64Array(0), dropped: 0, thrown: [], figures: undefined, slaves: [] },
      ...{ process: { memoryBytes: 1, processorMs: message * 25 }, threadCount: 0, threads: [] },
    });
  }
  assert.is(model.processorShare, 0.1);
});

test('a running master counts errors itself, and repeated runs go by what its events tell of them', () => {
  const model = new DashboardModel();
  const algorithm = 'a';
  const run = { algorithm, sid: 'SLAVE-0', taskId: 'TASK-1', attempt: 1, frame: 'f:1' };
  const post = (thrown: Delta['thrown'], ...events: AuditEvent[]) =>
    model.takeDelta({
      ...{
        type: 'delta',
        atMs: START_MS,
        events,
        timesMs: [],
        work: new Float64Array(0),
        dropped: 0,
        thrown,
      },
      ...{ figures: FIGURES, process: PROCESS, slaves: [], threadCount: 0, threads: [] },
    });
  const news = { algorithm, message: 'E: 1', frame: 'f:1', count: 1 };
  const evidence = 'it threw E: 1';
  post(
    [news],
    { type: 'task-threw', ...run, message: 'E: 1' },
    { type: 'task-retried', ...run, waitSeconds: 0, evidence },
  );
  post([{ ...news, count: 16 }], { type: 'tasks-threw', algorithm, message: 'E: 1', count: 10 });
  post(
    [
      { algorithm, message: 'F: x', frame: 'g:2', count: 3 },
      { algorithm, message: undefined, frame: undefined, count: 2 },
    ],
    { type: 'tasks-threw', algorithm, count: 1 },
  );
  const rows = failuresPage(model).groups.map((group) => {
    const { kind, errorClass, frame, count, examples } = group;
    return [kind, group.algorithm, errorClass, frame, count, examples.map(({ taskId }) => taskId).join()];
  });
  assert.equal(rows, [
    ['threw', 'a', 'E', 'f:1', 17, 'TASK-1'],
    ['threw', 'a', 'F', 'g:2', 3, ''],
    ['threw', 'a', 'other errors', '', 2, ''],
    ['run again', 'a', 'E', 'f:1', 1, 'TASK-1'],
  ]);
});

test('what is gathered is bounded, and what is beyond that is counted', () => {
  const gatherer = new DeltaGatherer();
  for (let count = 0; count < 70_000; count++)
    gatherer.take({ type: 'stale-sent', sid: 'SLAVE-0' }, START_MS);
  const first = gatherer.drain();
  assert.equal([first.events.length, first.dropped], [4_096, 70_000 - 65_536]);
  assert.is(gatherer.drain().dropped, 0);
  for (let count = 0; count < 100_000; count++)
    gatherer.take({ type: 'tasks-sent', sid: 'SLAVE-0', count: 1 }, START_MS);
  const { work } = gatherer.drain();
  assert.equal([work.length, work[1]], [10, 100_000]);
  const lives = new SlaveLives();
  for (let number = 0; number < 3_000; number++) {
    lives.setState(`SLAVE-${number}`, 'busy', START_MS);
    lives.leave(`SLAVE-${number}`, 'lost', 'x', START_MS);
  }
  assert.equal([lives.living.size, lives.gone.length], [0, 2_000]);
});

test('a shared value is counted for each slave that has it, in pieces or from a copy on its machine', () => {
  const key = 'r8DYdZ-_';
  const model = new DashboardModel();
  model.take({ type: 'share-sent', sid: 'SLAVE-0', key, bytes: 48_000_000 }, START_MS);
  model.take({ type: 'share-copied', sid: 'SLAVE-1', key, bytes: 48_000_000 }, START_MS + 1_000);
  assert.equal(model.shares.list(), [{ key, bytes: 48_000_000, sent: 2, lastMs: START_MS + 1_000 }]);
});

test.run();
