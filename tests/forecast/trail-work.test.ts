/** The tasks that a forecast reads from trails of both forms, with runs and without, and what it refuses. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { formatJson } from '../../src/audit/format/json-format.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { forecastTrail } from '../../src/forecast/forecast-trail.js';
import { type TrailWork, TrailWorkReader } from '../../src/forecast/trail-work.js';

const test = suite('forecast/trail');

const START_MS = new Date(2026, 0, 2, 3, 0, 0).getTime();

type Timed = readonly [ms: number, event: AuditEvent];

const joins = (ms: number, number: number, concurrency?: number): Timed => {
  const who = { sid: `SLAVE-${number}`, host: 'h', pid: number, memberId: 'm', kind: 'unordered' } as const;
  return [ms, { type: 'slave-connecting', ...who, concurrency }];
};

const BEGIN: readonly Timed[] = [
  [0, { type: 'init', role: 'master', memberId: 'm' }],
  [0, { type: 'master-ready', address: 'nats://h:1' }],
  joins(100, 0),
  joins(100, 1),
];

/** Five tasks, one of which threw and ran again; TASK-4 comes late, and TASK-5 does not end. */
const LIFE: readonly Timed[] = [
  ...BEGIN,
  [1_000, { type: 'tasks-sent', sid: 'SLAVE-0', count: 2 }],
  [1_000, { type: 'tasks-sent', sid: 'SLAVE-1', count: 1 }],
  [1_900, { type: 'tasks-submitted', tasks: '0-3', algorithms: [{ algorithm: 'hello', count: 4 }] }],
  [2_000, { type: 'results-received', sid: 'SLAVE-0', count: 2 }],
  [2_000, { type: 'runs-ended', sid: 'SLAVE-0', algorithm: 'hello', runs: '0=400000,1=600000:error' }],
  [
    2_000,
    {
      type: 'task-retried',
      sid: 'SLAVE-0',
      taskId: 'TASK-1',
      attempt: 1,
      waitSeconds: 0.5,
      evidence: 'it threw',
    },
  ],
  [3_000, { type: 'results-received', sid: 'SLAVE-1', count: 1 }],
  [3_000, { type: 'runs-ended', sid: 'SLAVE-1', algorithm: 'other', kind: 'ordered', runs: '2=2000000' }],
  [4_000, { type: 'tasks-submitted', tasks: '4-5', algorithms: [{ algorithm: 'hello', count: 2 }] }],
  [5_000, { type: 'results-received', sid: 'SLAVE-0', count: 3 }],
  [
    5_000,
    { type: 'runs-ended', sid: 'SLAVE-0', algorithm: 'hello', runs: '3=700000,1#2=800000,4=100000:error' },
  ],
  [5_500, { type: 'runs-ended', sid: 'SLAVE-1', algorithm: 'hello', runs: '5=900000:lost' }],
  [
    5_900,
    {
      type: 'tasks-settled',
      algorithm: 'hello',
      ok: '0-1,3',
      error: '4',
      times: '100000x1,400000x1,700000x2',
    },
  ],
  [5_900, { type: 'tasks-settled', algorithm: 'other', ok: '2', times: '2000000x1' }],
];

function read(life: readonly Timed[], isTorn = false): TrailWork {
  const reader = new TrailWorkReader('m.log');
  for (const [ms, event] of life) reader.take(event, START_MS + ms);
  return reader.finish(isTorn);
}

function tasksOf({ work }: TrailWork): unknown[] {
  return Array.from({ length: work.count }, (_, at) => [
    work.number(at),
    work.algorithms[work.algorithm(at)],
    work.submittedMs(at),
    work.micros(at, 1),
    work.next(at),
    work.addressee(at),
  ]);
}

test('runs tell the time of each run, and the first message of tasks when they were submitted at the latest', () => {
  const trail = read(LIFE);
  assert.equal(tasksOf(trail), [
    [0, 'hello', 0, 400_000, undefined, undefined],
    [1, 'hello', 0, 600_000, [{ micros: 800_000, waitMs: 500 }], undefined],
    [2, 'other', 0, 2_000_000, undefined, 0],
    [3, 'hello', 900, 700_000, undefined, undefined],
    [4, 'hello', 3_000, 100_000, undefined, undefined],
  ]);
  assert.equal([trail.slaves, trail.places, trail.tookMs], [2, 1, 4_000]);
  assert.equal(trail.remarks, [
    '1 task is left out, of which no run has ended',
    '1 run that was lost with its slave is left out',
  ]);
});

test('without runs, tasks that were settled together have the times of that line', () => {
  const trail = read(LIFE.filter(([, { type }]) => type !== 'runs-ended'));
  const times = tasksOf(trail) as [number, string, number, number][];
  assert.equal(
    times.map(([number, algorithm]) => [number, algorithm]),
    [0, 1, 2, 3, 4].map((number) => [number, number === 2 ? 'other' : 'hello']),
  );
  assert.equal(times.map(([, , , micros]) => micros).sort(), [100_000, 2_000_000, 400_000, 700_000, 700_000]);
  assert.match(trail.remarks.join('\n'), /1 failed run .*--audit-runs writes them/);
});

test('times that stand in a later line than their tasks are theirs, and too many are nobodys', () => {
  const settled = (ms: number, ok: string | undefined, times?: string): Timed => [
    ms,
    { type: 'tasks-settled', algorithm: 'hello', ok, times },
  ];
  const trail = read([
    ...BEGIN,
    [1_000, { type: 'tasks-submitted', tasks: '0-3', algorithms: [{ algorithm: 'hello', count: 4 }] }],
    settled(2_000, '0-2'),
    settled(2_000, '3', '7x3'),
    settled(2_000, undefined, '9x5'),
  ]);
  const times = tasksOf(trail) as [number, string, number, number][];
  assert.equal(times.map(([, , , micros]) => micros).sort(), [7, 7, 7, 9]);
});

test('the last master with tasks counts, and most of its slaves', () => {
  const places = [joins(100, 2, 4), joins(100, 3, 4), joins(100, 4, 4)];
  const later: Timed[] = [...BEGIN, ...places, ...LIFE.slice(BEGIN.length)].map(([ms, event]) => [
    ms + 9_000,
    event,
  ]);
  const trail = read([...LIFE, ...later, [20_000, { type: 'init', role: 'master', memberId: 'm' }]]);
  assert.equal([trail.work.count, trail.slaves, trail.places], [5, 5, 4]);
});

test('what a forecast cannot do without is named, with what to type', () => {
  const dropped: Timed = [1_500, { type: 'audit-dropped', count: 7, reason: 'full' }];
  const many: Timed = [
    1_000,
    { type: 'tasks-submitted', tasks: '0-1000000', algorithms: [{ algorithm: 'hello', count: 1_000_001 }] },
  ];
  const cases: readonly (readonly [life: readonly Timed[], complaint: RegExp])[] = [
    [[], /m\.log is not an audit trail: it has no line of ts-mw/],
    [
      [[0, { type: 'results-sent', count: 1 }]],
      /has no lines of a master; give the trail of the master's process/,
    ],
    [[...LIFE, dropped], /is incomplete: 7 lines were dropped .*run the program again with an --audit-file/],
    [LIFE.slice(4), /lacks the first lines of its master.*--audit-max-size or --audit-keep/],
    [BEGIN, /has no task that ran to its end/],
    [[...BEGIN, many], /has more than 1,000,000 tasks, the most that a forecast takes/],
  ];
  for (const [life, complaint] of cases) {
    try {
      read(life);
      assert.unreachable(String(complaint));
    } catch (error) {
      assert.is((error as Error).name, 'UsageError', String(error));
      assert.match((error as Error).message, complaint);
    }
  }
});

test('a file in either form is forecast, rotated or cut', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forecast-'));
  try {
    for (const format of [formatText, formatJson]) {
      const file = join(folder, format.name);
      const lines = LIFE.map(([ms, event]) => `${format(event, START_MS + ms)}\n`);
      writeFileSync(`${file}.1`, lines.slice(0, 7).join(''));
      writeFileSync(file, `${lines.slice(7).join('')}${lines[8]?.slice(0, 20)}`);
      const { text, warnings } = await forecastTrail(file, [1, 2]);
      assert.match(text, /: 5 tasks, 4\.6 s of runs; it took 4\.0 s with 2 slaves\n/);
      // Slave 0 runs all of its tasks, and the wait of the second, beside the long one
      assert.match(text, /^ +1 +4\.6 +100 % +1\.00\n +2 +3\.1 +74 % +1\.48$/m);
      assert.match(warnings[0] ?? '', /its last line is cut in the middle/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
