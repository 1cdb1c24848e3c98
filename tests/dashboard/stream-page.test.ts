/** The lanes of the page Stream: colours before anybody looked, each failed run, a pause, and whole sessions. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { DeltaGatherer } from '../../src/dashboard/delta-gatherer.js';
import { DashboardModel } from '../../src/dashboard/model/dashboard-model.js';
import { LaneHistory } from '../../src/dashboard/model/lane-history.js';
import { parsePageQuery } from '../../src/dashboard/pages/render-page.js';
import { slavesPage } from '../../src/dashboard/pages/slaves-page.js';
import { streamPage } from '../../src/dashboard/pages/stream-page.js';
import { joining } from '../picture/joining.js';

const test = suite('dashboard stream page');

const START_MS = 1_790_000_000_000;

const computed = (sid: string, failed?: number): AuditEvent => ({
  type: 'slave-computed',
  sid,
  count: 5,
  micros: 1_000_000,
  failed,
});

/** A slave that is busy from one second to another. */
function busyModel(from: number, to: number): DashboardModel {
  const model = new DashboardModel();
  model.take(joining(0, 'alpha'), START_MS);
  model.take({ type: 'slave-busy', sid: 'SLAVE-0' }, START_MS + from * 1_000);
  model.take({ type: 'slave-idle', sid: 'SLAVE-0' }, START_MS + to * 1_000);
  return model;
}

test('all failed runs are marked, in deltas as in a trail, also those whose errors are not told again', () => {
  const direct = busyModel(0, 4);
  const gathered = busyModel(0, 4);
  const gatherer = new DeltaGatherer();
  for (const [second, failed] of [
    [1, 3],
    [2, undefined],
    [3, 1],
    [3, 1],
  ] as const) {
    const atMs = START_MS + second * 1_000;
    direct.take(computed('SLAVE-0', failed), atMs);
    gatherer.take(computed('SLAVE-0', failed), atMs);
    const rest = { figures: undefined, process: { memoryBytes: 1, processorMs: 1 }, slaves: [] };
    gathered.takeDelta({
      type: 'delta',
      atMs,
      ...gatherer.drain(),
      ...rest,
      threadCount: 0,
      threads: [],
      thrown: [],
    });
  }
  for (const model of [direct, gathered]) {
    const [lane] = streamPage(model, START_MS + 4_999, 5).lanes;
    assert.equal(lane?.failed, [
      [2, 1, 3],
      [6, 1, 2],
    ]);
    const [whole] = streamPage(model, START_MS + 4_999, 0).lanes;
    assert.equal(whole?.failed, [
      [1, 1, 3],
      [3, 1, 2],
    ]);
  }
  for (let second = 0; second < 600; second++)
    direct.take(computed('SLAVE-0', 1), START_MS + 5_000 + second * 1_000);
  const [lane] = streamPage(direct, START_MS + 604_000, 600).lanes;
  assert.ok((lane?.failed.length ?? 0) <= 120);
  assert.is(
    lane?.failed.reduce((sum, [, , count = 0]) => sum + count, 0),
    600,
  );
});

test('a run has its colour from its begin on, though it was seen later, and so has the time between two looks', () => {
  const model = busyModel(0, 10);
  const see = (second: number, algorithm: string, seconds: number): void => {
    const measured = { memoryBytes: undefined, processorShare: undefined, beatSeconds: undefined };
    const runs = [{ taskId: 'TASK-7', algorithm, seconds }];
    model.takeDelta({
      type: 'delta',
      atMs: START_MS + second * 1_000,
      ...new DeltaGatherer().drain(),
      figures: undefined,
      process: { memoryBytes: 1, processorMs: 1 },
      slaves: [{ sid: 'SLAVE-0', tasks: 1, isDraining: false, ...measured, runs }],
      threadCount: 0,
      threads: [],
      thrown: [],
    });
  };
  see(2.2, 'a', 1.2);
  see(4.2, 'a', 0.1);
  see(8.2, 'b', 0.1);
  const page = streamPage(model, START_MS + 9_999, 10);
  assert.equal(page.algorithms, ['', 'a', 'b']);
  assert.equal(page.lanes[0]?.runs, [
    [2, 100, 0],
    [7, 100, 1],
    [7, 100, 0],
    [4, 100, 2],
  ]);
  assert.equal(page.lanes[0]?.now, [{ taskId: 'TASK-7', algorithm: 'b', fromMs: START_MS + 8_100 }]);
  assert.is(page.lanes[0]?.find, 'SLAVE-0');
});

test('a trail with each run has its colours, and they fill no lines of the page Trail', () => {
  const model = busyModel(0, 4);
  const lines = model.tail.count;
  const runs = '1=1000000,2=900000:error';
  model.take({ type: 'runs-ended', sid: 'SLAVE-0', algorithm: 'a', runs }, START_MS + 3_900);
  assert.is(model.tail.count, lines);
  assert.equal(streamPage(model, START_MS + 3_999, 4).lanes[0]?.runs, [
    [4, 100, 0],
    [4, 100, 1],
  ]);
});

test('a paused stream ends where it did, within the time that is kept', () => {
  const model = busyModel(1, 2);
  const nowMs = START_MS + 60_000;
  const until = (untilMs: number) => streamPage(model, nowMs, 4, untilMs);
  assert.is(until(START_MS + 3_999).toMs, START_MS + 3_999);
  assert.equal(until(START_MS + 3_999).lanes[0]?.runs, [
    [2, 0, 0],
    [2, 100, 0],
    [4, 0, 0],
  ]);
  assert.is(until(0).toMs, nowMs - 600_000);
  assert.is(until(nowMs + 5_000).toMs, nowMs);
  const query = parsePageQuery('page=stream&seconds=whole&until=17');
  assert.equal([query?.seconds, query?.untilMs], [0, 17]);
  assert.equal(
    [parsePageQuery('page=stream&until=x')?.untilMs, parsePageQuery('page=stream')?.seconds],
    [undefined, 120],
  );
});

test('a whole session is shown, however long, in at most 240 cells', () => {
  const model = busyModel(100, 200);
  model.take(joining(1, 'alpha'), START_MS + 3_600_000);
  model.take({ type: 'slave-busy', sid: 'SLAVE-1' }, START_MS + 3_600_000);
  const page = streamPage(model, START_MS + 7_200_000, 0);
  assert.ok(page.cells > 120 && page.cells <= 240, `${page.cells} cells`);
  const secondsOf = (runs: readonly (readonly number[])[] = []): number =>
    runs.reduce((sum, [cells = 0, share = 0]) => sum + (cells * page.cellMs * share) / 100_000, 0);
  const [first, second] = page.lanes.map(({ runs }) => secondsOf(runs));
  assert.ok(Math.abs((first ?? 0) - 100) < 5, `${first} s`);
  // The stretch that goes on, to the end of the last cell
  assert.ok(Math.abs((second ?? 0) - 3_600) <= page.cellMs / 1_000, `${second} s`);
});

test('a history doubles its cells and loses nothing; the algorithm of a cell is that of most of its time', () => {
  const history = new LaneHistory();
  assert.is(history.fromMs, undefined);
  for (let second = 0; second < 5_000; second++) {
    const atMs = START_MS + second * 1_000;
    history.addBusy(atMs, atMs + 1_000, 500);
    history.noteAlgorithm(atMs, atMs + 900, second % 8 === 0 ? 2 : 1);
    if (second % 100 === 0) history.addFailed(atMs, 2);
  }
  const [busyMs, failed] = [new Float64Array(200), new Float64Array(200)];
  const fromMs = history.fromMs ?? 0;
  history.addTo(busyMs, failed, fromMs, 32_000);
  const sum = (list: Float64Array): number => list.reduce((all, one) => all + one, 0);
  assert.equal([Math.round(sum(busyMs)), sum(failed)], [2_500_000, 100]);
  assert.equal(
    [0, 1_000, 4_900].map((second) => history.algorithmAt(START_MS + second * 1_000)),
    [1, 1, 1],
  );
  assert.is(history.algorithmAt(START_MS - 1e7), 0);
});

test('a sid finds its slave alone, as a click on its lane asks', () => {
  const model = new DashboardModel();
  for (const number of [1, 10, 11]) model.take(joining(number, `h${number}`), START_MS);
  const find = (filter: string) => slavesPage(model, START_MS, filter, 10).rows.map(({ sid }) => sid);
  assert.equal(find('SLAVE-1'), ['SLAVE-1']);
  assert.equal(find('slave-1 '), ['SLAVE-1']);
  assert.equal(find('h1:'), ['SLAVE-1']);
  assert.equal(find('slave').length, 3);
});

test.run();
