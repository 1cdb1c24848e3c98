/** The trace of a trail: of both forms, rotated, cut off, and without runs. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { formatText } from '../../../src/audit/format/text-format.js';
import { reportTrail } from '../../../src/picture/report/report-trail.js';
import { RetryFlows } from '../../../src/picture/trace/retry-flows.js';
import { RunLanes } from '../../../src/picture/trace/run-lanes.js';
import { joining } from '../joining.js';
import { type ReadTrace, readTrace } from './check-trace.js';

const test = suite('picture/trace');

const START_MS = new Date(2026, 0, 2, 3, 0, 0).getTime();

type Timed = readonly [ms: number, event: AuditEvent];

const joins = (ms: number, ...slave: Parameters<typeof joining>): Timed => [ms, joining(...slave)];

const came = (ms: number, number: number, runs: string, algorithm: string | undefined = 'hello'): Timed[] => {
  const sid = `SLAVE-${number}`;
  return [
    [ms, { type: 'results-received', sid, count: runs.split(',').length }],
    [ms, { type: 'runs-ended', sid, algorithm, runs }],
  ];
};

/** A slave of one task at a time, one of two on another machine, one that is lost; tasks that threw and were lost. */
const LIFE: readonly Timed[] = [
  [0, { type: 'init', role: 'master', memberId: 'my "member"' }],
  [0, { type: 'master-ready', address: 'nats://h:1' }],
  joins(100, 0, 'alpha'),
  joins(200, 1, 'beta', 2),
  joins(300, 2, 'beta'),
  [1000, { type: 'tasks-sent', sid: 'SLAVE-0', count: 3 }],
  [1000, { type: 'slave-busy', sid: 'SLAVE-0' }],
  [1000, { type: 'tasks-sent', sid: 'SLAVE-1', count: 2 }],
  [1000, { type: 'slave-busy', sid: 'SLAVE-1' }],
  [1000, { type: 'tasks-sent', sid: 'SLAVE-2', count: 1 }],
  [1000, { type: 'slave-busy', sid: 'SLAVE-2' }],
  [1100, { type: 'tasks-submitted', tasks: '0-7', algorithms: [{ algorithm: 'hello', count: 8 }] }],
  ...came(3000, 0, '0=900000,1=600000:error,2=500000'),
  [
    3000,
    {
      type: 'task-threw',
      sid: 'SLAVE-0',
      taskId: 'TASK-1',
      attempt: 1,
      algorithm: 'hello',
      message: 'Error: no',
    },
  ],
  [
    3000,
    {
      type: 'task-retried',
      sid: 'SLAVE-0',
      taskId: 'TASK-1',
      attempt: 1,
      waitSeconds: 0,
      evidence: 'it threw',
    },
  ],
  [3000, { type: 'slave-idle', sid: 'SLAVE-0' }],
  ...came(3500, 1, '3=2000000,4=2500000:error'),
  [4000, { type: 'slave-suspected', sid: 'SLAVE-2', evidence: 'silent for 2.0 s' }],
  [6000, { type: 'slave-lost', sid: 'SLAVE-2', evidence: '503 for 2.0 s' }],
  [6000, { type: 'runs-ended', sid: 'SLAVE-2', algorithm: 'hello', runs: '5=5000000:lost' }],
  [6000, { type: 'task-reclaimed', sid: 'SLAVE-2', taskId: 'TASK-5' }],
  [6000, { type: 'slave-disconnected', sid: 'SLAVE-2' }],
  [6010, { type: 'tasks-sent', sid: 'SLAVE-0', count: 4 }],
  [6010, { type: 'slave-busy', sid: 'SLAVE-0' }],
  ...came(7000, 0, '1#2=300000,5#2=400000'),
  ...came(8000, 0, '6=1000000,7=2500000:timeout'),
  [9000, { type: 'tasks-settled', algorithm: 'hello', ok: '0-3,5-6', error: '4', unrunnable: '7' }],
  [9000, { type: 'slave-idle', sid: 'SLAVE-0' }],
  [9000, { type: 'slave-idle', sid: 'SLAVE-1' }],
  [9500, { type: 'master-finished', memberId: 'my "member"' }],
];

interface Traced extends ReadTrace {
  readonly warnings: readonly string[];
}

/** The lives are in files one after another, the oldest first. */
async function trace(
  lives: readonly (readonly Timed[])[],
  format: typeof formatText = formatJson,
  ending = '',
): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'));
  try {
    const [file, out] = [join(folder, 'm.log'), join(folder, 'm.json')];
    for (const [index, life] of lives.entries()) {
      const text = life.map(([ms, event]) => `${format(event, START_MS + ms)}\n`).join('');
      const age = lives.length - 1 - index;
      writeFileSync(age === 0 ? file : `${file}.${age}`, age === 0 ? text + ending : text);
    }
    const { warnings } = await reportTrail(file, { trace: out });
    return { ...readTrace(readFileSync(out, 'utf8')), warnings };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As `track: algorithm TASK-0#1 outcome from-to`, in milliseconds. */
function drawn({ slices }: ReadTrace): string[] {
  return slices.map(
    ({ track, name, ts, dur, args: { task, attempt, outcome } }) =>
      `${track}: ${name} ${task}#${attempt} ${outcome} ${ts / 1000}-${(ts + dur) / 1000}`,
  );
}

const DRAWN = [
  'SLAVE-0: hello TASK-0#1 ok 1000-1900',
  'SLAVE-0: hello TASK-1#1 error 1900-2500',
  'SLAVE-0: hello TASK-2#1 ok 2500-3000',
  'SLAVE-1: hello TASK-3#1 ok 1500-3500',
  'SLAVE-1, place 2: hello TASK-4#1 error 1000-3500',
  'SLAVE-2: hello TASK-5#1 lost 1000-6000',
  'SLAVE-0: hello TASK-1#2 ok 6300-6600',
  'SLAVE-0: hello TASK-5#2 ok 6600-7000',
  'SLAVE-0: hello TASK-6#1 ok 7000-8000',
  // It is longer than the time since the last results, so that a part of it is all that fits
  'SLAVE-0: hello TASK-7#1 timeout 8000-8001',
];
const FLOWS = ['SLAVE-0 TASK-1 #1 -> SLAVE-0 TASK-1 #2', 'SLAVE-2 TASK-5 #1 -> SLAVE-0 TASK-5 #2'];

test('each run is a slice on its slave, retries are arrows, and the rest is counters and instants', async () => {
  const traced = await trace([LIFE]);
  assert.equal(drawn(traced), DRAWN);
  assert.equal(traced.flows, FLOWS);
  assert.equal(traced.machines, ['master "my \\"member\\""', 'machine alpha', 'machine beta']);
  assert.equal(
    traced.slices.map(({ machine }) => machine),
    traced.slices.map(({ track }) => `machine ${track === 'SLAVE-0' ? 'alpha' : 'beta'}`),
  );
  for (const type of ['tasks-submitted', 'slave-connecting', 'slave-suspected', 'slave-lost', 'task-retried'])
    assert.ok(traced.instants.includes(type), type);
  assert.not(traced.instants.includes('results-received'));
  // Six of eight are sent before all are told; one threw, one was lost, and the four that are left are sent
  assert.equal(traced.counters.get('queue'), [0, 2, 3, 4, 0]);
  assert.equal(traced.counters.get('busy slaves'), [0, 1, 3, 2, 1, 2, 1, 0]);
  assert.is(traced.begins, new Date(START_MS).toISOString());
  assert.equal(traced.warnings, []);
});

test('a trail in text has the same runs, to the second', async () => {
  const traced = await trace([LIFE], formatText);
  assert.equal(
    drawn(traced).map((line) => line.replace(/ \S+$/, '')),
    DRAWN.map((line) => line.replace(/ \S+$/, '')),
  );
  assert.equal(traced.flows, FLOWS);
});

test('short runs within one second of a text trail follow each other in their full length', async () => {
  const life = [...LIFE.slice(0, 3)];
  for (let task = 0; task < 4; task++) life.push(...came(2000 + task * 200, 0, `${task}=200000`));
  assert.equal(
    drawn(await trace([life], formatText)).map((line) => line.replace(/^.* /, '')),
    ['1800-2000', '2000-2200', '2200-2400', '2400-2600'],
  );
});

test('rotated files are one trace, and each further master has slaves of its own', async () => {
  const split = LIFE.length - 8;
  const traced = await trace([LIFE.slice(0, split), LIFE.slice(split)]);
  assert.equal(drawn(traced), DRAWN);
  assert.equal(traced.flows, FLOWS);
  const later = LIFE.map(([ms, event]): Timed => [ms + 20_000, event]);
  const twice = await trace([LIFE, later]);
  assert.equal(drawn(twice).length, 2 * DRAWN.length);
  assert.ok(twice.slices.some(({ track }) => track === 'SLAVE-1 of run 2, place 2'));
  assert.is(twice.flows.length, 4);
});

test('lines after the end of a master are still its own', async () => {
  const late: Timed[] = [
    ...LIFE,
    [9_501, { type: 'audit-rotated', path: 'm.log.1' }],
    [9_600, { type: 'still-open', what: '1 socket' }],
  ];
  const traced = await trace([late]);
  assert.equal(traced.machines, ['master "my \\"member\\""', 'machine alpha', 'machine beta']);
  assert.ok(traced.instants.includes('audit-rotated'));
  const later = LIFE.map(([ms, event]): Timed => [ms + 20_000, event]);
  assert.is((await trace([late, later])).slices.length, 2 * DRAWN.length);
});

test('lines of slaves that write to the same trail change nothing', async () => {
  const others: Timed[] = [
    [2_500, { type: 'version', version: '1' }],
    [2_500, { type: 'init', role: 'slave', memberId: 'm' }],
    [2_500, { type: 'results-sent', count: 3 }],
  ];
  const at = LIFE.findIndex(([ms]) => ms > 2_500);
  const traced = await trace([[...LIFE.slice(0, at), ...others, ...LIFE.slice(at)]]);
  assert.equal(drawn(traced), DRAWN);
  assert.is(traced.machines.length, 3);
  assert.not(traced.instants.includes('results-sent'));
});

test('of a trail cut off anywhere, what was read is whole', async () => {
  for (let length = 2; length <= LIFE.length; length += 5) {
    const [ms, event] = LIFE[length] ?? (LIFE[0] as Timed);
    const next = formatJson(event, START_MS + ms);
    const { slices, warnings } = await trace([LIFE.slice(0, length)], formatJson, next.slice(0, -9));
    assert.ok(slices.length <= DRAWN.length);
    assert.match(warnings[0] ?? '', /its last line is cut in the middle/);
  }
  // Its beginning was rotated away
  const traced = await trace([LIFE.slice(LIFE.length - 9)]);
  assert.equal(traced.machines, ['master ""', 'machine unknown']);
  assert.is(traced.slices.length, 4);
});

test('without runs, the times in which slaves were busy are drawn, and what is missing is said', async () => {
  const life = LIFE.filter(([, { type }]) => type !== 'runs-ended');
  const dropped: Timed = [9400, { type: 'audit-dropped', count: 7, reason: 'full' }];
  const traced = await trace([[...life.slice(0, -1), dropped]]);
  assert.equal(
    traced.slices.map(({ track, name, ts, dur }) => `${track} ${name} ${ts / 1000}-${(ts + dur) / 1000}`),
    ['SLAVE-0 busy 1000-3000', 'SLAVE-0 busy 6010-9000', 'SLAVE-1 busy 1000-9000'],
  );
  assert.match(traced.warnings[0] ?? '', /has no runs; start the master with --audit-runs/);
  assert.match(traced.warnings[1] ?? '', /is incomplete: 7 lines were dropped/);
});

test('it refuses to write over the trail, and says where it cannot write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'));
  try {
    const file = join(folder, 'm.log');
    const text = LIFE.map(([ms, event]) => `${formatJson(event, START_MS + ms)}\n`).join('');
    writeFileSync(file, text);
    writeFileSync(`${file}.1`, text);
    for (const [out, complaint] of [
      [file, /--trace would overwrite the trail .*m\.log; name another file/],
      [`${file}.1`, /--trace would overwrite the trail .*m\.log\.1; name another file/],
      [join(folder, 'none', 't'), /cannot write .* \(ENOENT\); name another file after --trace/],
    ] as const) {
      const refusal = await reportTrail(file, { trace: out }).then(
        () => 'written',
        (error: Error) => `${error.name} ${error.message}`,
      );
      assert.match(refusal, /^UsageError /);
      assert.match(refusal, complaint);
    }
    assert.is(readFileSync(file, 'utf8'), text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('100,000 failed runs wait for their next one, and arrows of older ones are left out', () => {
  let numFlows = 0;
  const flows = new RetryFlows(() => numFlows++);
  const take = (task: number, outcome: 'ok' | 'error'): void =>
    flows.takeRun({ task, attempt: 1, micros: 5, outcome }, { pid: 1, tid: 1, ts: 0, dur: 5 });
  for (let task = 0; task < 100_003; task++) {
    flows.beginBatch();
    take(task, 'error');
    flows.awaitNext(`TASK-${task}`);
  }
  for (const task of [0, 2, 3, 100_002]) take(task, 'ok');
  assert.equal([flows.numLeftOut, numFlows], [3, 4]);
});

test('runs of many places never overlap, though clocks differ', () => {
  const lanes = new RunLanes(3);
  const ends: number[] = [];
  for (let step = 0; step < 1_000; step++) {
    for (const { lane, ts, dur } of lanes.place([(step * 7_919) % 50_000], step * 10_000, 1_000)) {
      assert.ok(lane < 3 && dur >= 0 && ts >= (ends[lane] ?? 0));
      ends[lane] = ts + dur;
    }
  }
  assert.is(ends.length, 3);
});

test.run();
