/** Metrics of a master: their two texts, what they say, where they are served, and the file that collectors read. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get as httpGet, request as httpRequest, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { expositionOf, type MetricFamily } from '../../../src/cli/metrics/exposition.js';
import {
  masterFamilies,
  TURNAROUND_SECONDS,
  WAIT_SECONDS,
} from '../../../src/cli/metrics/master-families.js';
import { writeMetricsFile } from '../../../src/cli/metrics/metrics-file.js';
import { openMetricsServer } from '../../../src/cli/metrics/metrics-server.js';
import { openMetrics } from '../../../src/cli/metrics/open-metrics.js';
import { ProcessMeter } from '../../../src/cli/metrics/process-meter.js';
import { FlagError } from '../../../src/errors.js';
import { Picture } from '../../../src/picture/picture.js';
import { Turnarounds } from '../../../src/picture/turnarounds.js';
import { Waits } from '../../../src/picture/waits.js';
import { until } from '../../support/programs.js';
import { pair, pem } from '../../support/tls-files.js';

const test = suite('metrics');

const COUNTERS = {
  queued: 3,
  running: 2,
  pending: 6,
  untaken: 4,
  oldest: 40,
  undrawn: 0,
  sentBytes: 1_000,
  receivedBytes: 2_000,
};

/** The metrics after some events, each a second after the one before; the last is three seconds ago. */
function familiesAfter(...events: readonly AuditEvent[]): MetricFamily[] {
  const picture = new Picture();
  const turnarounds = new Turnarounds(TURNAROUND_SECONDS);
  for (const [second, event] of events.entries()) {
    picture.take(event, second * 1_000);
    turnarounds.take(event, second * 1_000);
  }
  const waits = new Waits(WAIT_SECONDS);
  waits.submitted(51, 1_000);
  for (let number = 0; number < 30; number++) waits.began(number, 1_000 + 2_000 * (number % 2));
  const nowMs = (events.length + 2) * 1_000;
  return masterFamilies({ version: '1.2.3', picture, turnarounds, waits, counters: COUNTERS, nowMs });
}

const EVENTS: readonly AuditEvent[] = [
  {
    type: 'slave-connecting',
    sid: 'SLAVE-0',
    host: 'secret-host',
    pid: 4711,
    memberId: 'm',
    kind: 'unordered',
  },
  { type: 'tasks-submitted', tasks: '0-50', algorithms: [{ algorithm: 'a"b\\c\n', count: 51 }] },
  { type: 'slave-busy', sid: 'SLAVE-0' },
  { type: 'slave-computed', sid: 'SLAVE-0', count: 30, micros: 1_500_000 },
  {
    type: 'tasks-settled',
    algorithm: 'a"b\\c\n',
    ok: '0-29',
    error: '30',
    unrunnable: '31-32',
    times: '50000x31',
  },
  { type: 'task-unrunnable', taskId: 'TASK-31', algorithm: 'a', reason: 'timeout', history: [] },
  { type: 'task-cancelled', taskId: 'TASK-32', algorithm: 'a' },
  {
    type: 'task-retried',
    sid: 'SLAVE-0',
    taskId: 'TASK-33',
    attempt: 1,
    waitSeconds: 0,
    evidence: 'it threw E: x',
  },
  {
    type: 'task-retried',
    sid: 'SLAVE-0',
    taskId: 'TASK-33',
    attempt: 2,
    waitSeconds: 0,
    evidence: 'it ran longer',
  },
  { type: 'slave-lost', sid: 'SLAVE-0', evidence: 'silent for 30.0 s' },
  { type: 'task-reclaimed', sid: 'SLAVE-0', taskId: 'TASK-34' },
  { type: 'auth-failures', address: '10.0.0.7:1', count: 12, reason: 'a wrong token' },
];

test('the two texts differ in their heads only', () => {
  const families: MetricFamily[] = [
    {
      name: 'a',
      type: 'counter',
      help: 'Says "a\\b"\nand c',
      samples: [{ labels: { l: '"\\\n' }, value: 1.5 }],
    },
    {
      name: 'b_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'b',
      samples: [{ value: Number.POSITIVE_INFINITY }],
    },
    {
      name: 'c_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'c',
      samples: [{ labels: { l: 'x' }, bounds: [0.1, 1], cumulated: [2, 3], sum: 9, count: 4 }],
    },
  ];
  const samples = [
    'a_total{l="\\"\\\\\\n"} 1.5',
    'b_bytes +Inf',
    'c_seconds_bucket{l="x",le="0.1"} 2',
    'c_seconds_bucket{l="x",le="1.0"} 3',
    'c_seconds_bucket{l="x",le="+Inf"} 4',
    'c_seconds_sum{l="x"} 9',
    'c_seconds_count{l="x"} 4',
  ];
  const [plain, open] = [expositionOf(families, 'prometheus'), expositionOf(families, 'openmetrics')];
  const without = (text: string): string[] =>
    text.split('\n').filter((line) => !line.startsWith('#') && line !== '');
  const heads = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('#'));
  assert.equal(without(plain), samples);
  assert.equal(without(open), samples);
  assert.equal(heads(plain), [
    '# HELP a_total Says "a\\\\b"\\nand c',
    '# TYPE a_total counter',
    '# HELP b_bytes b',
    '# TYPE b_bytes gauge',
    '# HELP c_seconds c',
    '# TYPE c_seconds histogram',
  ]);
  assert.equal(heads(open), [
    '# TYPE a counter',
    '# HELP a Says \\"a\\\\b\\"\\nand c',
    '# TYPE b_bytes gauge',
    '# UNIT b_bytes bytes',
    '# HELP b_bytes b',
    '# TYPE c_seconds histogram',
    '# UNIT c_seconds seconds',
    '# HELP c_seconds c',
    '# EOF',
  ]);
  assert.ok(open.endsWith('# EOF\n'));
});

test('they say what happened, and name neither tasks, slaves nor hosts', () => {
  const text = expositionOf(familiesAfter(...EVENTS), 'prometheus');
  const own = 'algorithm="a\\"b\\\\c\\n"';
  for (const line of [
    `ts_mw_tasks_submitted_total{${own}} 51`,
    `ts_mw_tasks_settled_total{${own},status="ok"} 30`,
    `ts_mw_tasks_settled_total{${own},status="error"} 1`,
    `ts_mw_tasks_settled_total{${own},status="unrunnable"} 2`,
    'ts_mw_tasks_unrunnable_total{reason="timeout"} 1',
    'ts_mw_tasks_unrunnable_total{reason="cancelled"} 1',
    'ts_mw_task_retries_total{cause="error"} 1',
    'ts_mw_task_retries_total{cause="timeout"} 1',
    'ts_mw_task_retries_total{cause="slave-lost"} 1',
    `ts_mw_task_run_seconds_bucket{${own},le="0.01"} 0`,
    `ts_mw_task_run_seconds_bucket{${own},le="0.1"} 31`,
    `ts_mw_task_run_seconds_sum{${own}} 1.55`,
    'ts_mw_task_turnaround_seconds_bucket{le="1.0"} 0',
    'ts_mw_task_turnaround_seconds_bucket{le="5.0"} 33',
    'ts_mw_task_turnaround_seconds_sum 99',
    'ts_mw_task_wait_seconds_bucket{le="0.01"} 15',
    'ts_mw_task_wait_seconds_bucket{le="5.0"} 30',
    'ts_mw_task_wait_seconds_sum 30',
    'ts_mw_tasks_queued 3',
    'ts_mw_fates_untaken 4',
    'ts_mw_oldest_task_age_seconds 13',
    'ts_mw_slaves{state="busy"} 0',
    'ts_mw_slaves_joined_total 1',
    'ts_mw_slaves_lost_total{evidence="silent"} 1',
    'ts_mw_slave_busy_seconds_total 1.5',
    'ts_mw_sent_bytes_total 1000',
    'ts_mw_login_failures_total 12',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line} is not in\n${text}`);
  }
  assert.not.match(text, /TASK-|SLAVE-|secret-host|4711|10\.0\.0\.7/);
});

test('a hundred algorithms have fifty names and one for the rest, which is no name of its own', () => {
  const names = Array.from({ length: 100 }, (_, index) => (index === 3 ? 'other' : `algorithm ${index}`));
  const text = expositionOf(
    familiesAfter(
      {
        type: 'tasks-submitted',
        tasks: '0-99',
        algorithms: names.map((algorithm) => ({ algorithm, count: 1 })),
      },
      ...names.map(
        (algorithm): AuditEvent => ({ type: 'tasks-settled', algorithm, ok: '1', times: '100x1' }),
      ),
    ),
    'prometheus',
  );
  assert.is(new Set(text.match(/algorithm="[^"]*"/g)).size, 51);
  assert.match(text, /^ts_mw_tasks_submitted_total\{algorithm="other"\} 50$/m);
  assert.match(text, /^ts_mw_task_run_seconds_count\{algorithm="other"\} 50$/m);
});

test('promtool finds nothing to say about them', () => {
  const meter = new ProcessMeter();
  const families = [...familiesAfter(...EVENTS), ...meter.families()];
  meter.stop();
  const { status, error, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: expositionOf(families, 'prometheus'),
    encoding: 'utf8',
  });
  if (error !== undefined) {
    console.log('skipped: promtool is not on PATH; Debian has it in its package prometheus');
    return;
  }
  assert.equal([status, stdout, stderr], [0, '', '']);
});

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

async function textOf(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode, type: response.headers['content-type'], text };
}

const ask = (port: number, path = '/metrics', headers = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, method, agent: false };
    httpRequest(options, (response) => resolve(textOf(response)))
      .on('error', reject)
      .end();
  });

test('a server answers in both texts at one path, and reads no more often than it must', async () => {
  let reads = 0;
  const read = (format: string): string => `${format} ${++reads}\n`;
  const server = await openMetricsServer({ host: '127.0.0.1', port: 0, tls: undefined, read });
  try {
    const plain = await ask(server.port);
    assert.equal([plain.status, plain.text], [200, 'prometheus 1\n']);
    assert.is(plain.type, 'text/plain; version=0.0.4; charset=utf-8');
    const open = await ask(server.port, '/metrics?x=1', {
      accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5',
    });
    assert.equal([open.status, open.text], [200, 'openmetrics 2\n']);
    assert.is(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    for (let index = 0; index < 20; index++) await ask(server.port);
    assert.ok(reads < 20, `${reads} readings`);
    assert.equal(await ask(server.port, '/'), {
      status: 404,
      type: 'text/plain',
      text: 'metrics are at /metrics\n',
    });
    assert.is((await ask(server.port, '/metrics', {}, 'POST')).status, 405);
    const { status, text } = await ask(server.port, '/metrics', {}, 'HEAD');
    assert.equal([status, text], [200, '']);
    const taken = await openMetricsServer({
      host: '127.0.0.1',
      port: server.port,
      tls: undefined,
      read,
    }).catch((error: unknown) => error);
    assert.instance(taken, FlagError);
    assert.match(
      (taken as FlagError).message,
      /^--metrics: cannot listen on 127\.0\.0\.1:\d+: another program/,
    );
  } finally {
    await server.close();
  }
  const gone = await ask(server.port).catch((error: NodeJS.ErrnoException) => error.code);
  assert.is(gone, 'ECONNREFUSED');
});

test('with the certificate of the broker it speaks TLS alone, and may ask for one', async () => {
  const tls = { ...pair('broker'), clientCa: pem('ca') };
  const server = await openMetricsServer({ host: '127.0.0.1', port: 0, tls, read: () => 'x\n' });
  const asked = (identity: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: server.port,
        path: '/metrics',
        ca: tls.clientCa,
        agent: false,
      };
      httpsGet({ ...options, checkServerIdentity: () => undefined, ...identity }, (response) =>
        resolve(textOf(response)),
      ).on('error', reject);
    });
  try {
    const known = await asked(pair('client'));
    assert.equal([known.status, known.text], [200, 'x\n']);
    assert.instance(await asked({}).catch((error: unknown) => error), Error);
    const plain = await new Promise((resolve) =>
      httpGet({ host: '127.0.0.1', port: server.port, agent: false }, () => resolve('answered')).on(
        'error',
        () => resolve('refused'),
      ),
    );
    assert.is(plain, 'refused');
  } finally {
    await server.close();
  }
});

const configurationOf = (...argv: string[]) => {
  const command = parseFlags(['--master', ...argv], {}, { env: {}, program: 'app.js' });
  assert.is(command.kind, 'run');
  return (command as Extract<typeof command, { kind: 'run' }>).configuration;
};

test('beyond loopback it needs TLS, or to be told to go without', async () => {
  const trail = createMemoryTrail();
  const open = (...argv: string[]) =>
    openMetrics({
      configuration: configurationOf(...argv),
      trail,
      picture: new Picture(),
      counters: () => undefined,
    });
  const refused = async (...argv: string[]): Promise<string> => {
    const error = await open(...argv).catch((thrown: unknown) => thrown);
    assert.instance(error, FlagError);
    return (error as FlagError).message;
  };
  assert.is(
    await refused('--metrics', '10.1.2.3:0'),
    '--metrics: expected TLS on 10.1.2.3, which is not loopback; type --tls-cert FILE --tls-key FILE, or --insecure to go without',
  );
  assert.is(
    await refused('--metrics', '10.1.2.3:0', '--nats-url', 'h:1'),
    '--metrics: expected TLS on 10.1.2.3, which is not loopback; type --insecure to go without',
  );
  const metrics = await open('--metrics', '0');
  const [ready] = trail.ofType('metrics-ready');
  assert.match(ready?.url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const { text } = await ask(Number(new URL(ready?.url ?? '').port));
  assert.match(text, /^ts_mw_event_loop_delay_max_seconds \d/m);
  assert.not.match(text, 'ts_mw_tasks_queued', 'the master has not started');
  await metrics.end();
});

test('a file is whole at any time, written again when it can be, and a last time at the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  try {
    const path = join(folder, 'm.prom');
    let reads = 0;
    const end = writeMetricsFile({ path, read: () => `${++reads}\n`, onFailed: assert.unreachable });
    await until('it is there', () => existsSync(path));
    assert.is(readFileSync(path, 'utf8'), '1\n');
    await end();
    assert.is(readFileSync(path, 'utf8'), '2\n');
    assert.equal(readdirSync(folder), ['m.prom']);

    const missing = join(folder, 'no', 'm.prom');
    const reasons: string[] = [];
    const endMissing = writeMetricsFile({
      path: missing,
      read: () => 'x\n',
      onFailed: (why) => reasons.push(why),
    });
    await until('it has failed', () => reasons.length > 0);
    assert.match(reasons[0] ?? '', 'ENOENT');
    mkdirSync(join(folder, 'no'));
    await endMissing();
    assert.is(readFileSync(missing, 'utf8'), 'x\n');
    assert.is(reasons.length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
