/** The dashboard and the alerts of docs/monitoring: they ask for metrics that there are, and fire when they should. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { masterFamilies, TURNAROUND_SECONDS, WAIT_SECONDS } from '../../src/cli/metrics/master-families.js';
import { ProcessMeter } from '../../src/cli/metrics/process-meter.js';
import { Picture } from '../../src/picture/picture.js';
import { Turnarounds } from '../../src/picture/turnarounds.js';
import { Waits } from '../../src/picture/waits.js';
import { ALERTS, alerts, dashboardQueries, monitoring, panels } from './monitoring-files.js';

const test = suite('monitoring in the documents');

/** All series that a master has. */
function seriesNames(): Set<string> {
  const meter = new ProcessMeter();
  const counters = { queued: 0, running: 0, pending: 0, untaken: 0, oldest: undefined, undrawn: 0 };
  const families = [
    ...masterFamilies({
      version: '1',
      picture: new Picture(),
      turnarounds: new Turnarounds(TURNAROUND_SECONDS),
      waits: new Waits(WAIT_SECONDS),
      counters: { ...counters, sentBytes: 0, receivedBytes: 0 },
      nowMs: 0,
    }),
    ...meter.families(),
  ];
  meter.stop();
  const endings = { counter: ['_total'], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };
  return new Set(families.flatMap(({ name, type }) => endings[type].map((ending) => name + ending)));
}

test('dashboard and alerts ask only for metrics that there are, and the dashboard for nearly all', () => {
  const known = seriesNames();
  const asked = new Set(
    [...dashboardQueries('1m'), ...alerts().map(({ expr }) => expr)].flatMap(
      (query) => query.match(/\b(?:ts_mw|process)_\w+/g) ?? [],
    ),
  );
  for (const name of asked) assert.ok(known.has(name), `there is no ${name}`);
  const left = [...known].filter((name) => !asked.has(name) && !/_(sum|count)$/.test(name));
  assert.equal(left.sort(), [
    'process_start_time_seconds',
    'ts_mw_build_info',
    'ts_mw_slaves_rejoined_total',
    'ts_mw_tasks_recalled_total',
  ]);
});

test('panels lie side by side, within the width, and each has a title of its own', () => {
  const all = panels();
  assert.is(new Set(all.map(({ title }) => title)).size, all.length);
  for (const [index, { title, gridPos }] of all.entries()) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (const { title: other, gridPos: its } of all.slice(index + 1)) {
      const apart =
        gridPos.x + gridPos.w <= its.x ||
        its.x + its.w <= gridPos.x ||
        gridPos.y + gridPos.h <= its.y ||
        its.y + its.h <= gridPos.y;
      assert.ok(apart, `${title} lies over ${other}`);
    }
  }
});

interface Firing {
  readonly alert: string;
  readonly after: string;
  readonly series: Readonly<Record<string, string>>;
  /** Series with which it does not fire. */
  readonly quiet: Readonly<Record<string, string>>;
}

const LABELS = 'job="ts-mw",instance="m"';
const FIRINGS: readonly Firing[] = [
  {
    alert: 'TsMwNoSlaves',
    after: '10m',
    series: {
      [`ts_mw_tasks_queued{${LABELS}}`]: '7x30',
      [`ts_mw_slaves{${LABELS},state="idle"}`]: '0x30',
      [`ts_mw_slaves{${LABELS},state="busy"}`]: '0x30',
    },
    quiet: {
      [`ts_mw_tasks_queued{${LABELS}}`]: '7x30',
      [`ts_mw_slaves{${LABELS},state="idle"}`]: '0x30',
      [`ts_mw_slaves{${LABELS},state="busy"}`]: '1x30',
    },
  },
  {
    alert: 'TsMwNothingSettles',
    after: '70m',
    series: {
      [`ts_mw_tasks_running{${LABELS}}`]: '3x90',
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="ok"}`]: '5x90',
    },
    quiet: {
      [`ts_mw_tasks_running{${LABELS}}`]: '3x90',
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="ok"}`]: '5+1x90',
    },
  },
  {
    alert: 'TsMwTasksFail',
    after: '20m',
    series: {
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="ok"}`]: '0+9x30',
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="error"}`]: '0+1x30',
    },
    quiet: {
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="ok"}`]: '0+99x30',
      [`ts_mw_tasks_settled_total{${LABELS},algorithm="a",status="error"}`]: '0+1x30',
    },
  },
  {
    alert: 'TsMwSlavesLost',
    after: '16m',
    series: { [`ts_mw_slaves_lost_total{${LABELS},evidence="silent"}`]: '0+1x30' },
    quiet: { [`ts_mw_slaves_lost_total{${LABELS},evidence="silent"}`]: '9x30' },
  },
  {
    alert: 'TsMwTasksWait',
    after: '40m',
    series: {
      [`ts_mw_task_wait_seconds_bucket{${LABELS},le="1800.0"}`]: '0x60',
      [`ts_mw_task_wait_seconds_bucket{${LABELS},le="7200.0"}`]: '0+5x60',
      [`ts_mw_task_wait_seconds_bucket{${LABELS},le="+Inf"}`]: '0+5x60',
    },
    quiet: {
      [`ts_mw_task_wait_seconds_bucket{${LABELS},le="1800.0"}`]: '0+5x60',
      [`ts_mw_task_wait_seconds_bucket{${LABELS},le="+Inf"}`]: '0+5x60',
    },
  },
  {
    alert: 'TsMwFatesUntaken',
    after: '20m',
    series: { [`ts_mw_fates_untaken{${LABELS}}`]: '2000000x30' },
    quiet: { [`ts_mw_fates_untaken{${LABELS}}`]: '2000x30' },
  },
  {
    alert: 'TsMwMasterBlocked',
    after: '10m',
    series: { [`ts_mw_event_loop_delay_max_seconds{${LABELS}}`]: '9x30' },
    quiet: { [`ts_mw_event_loop_delay_max_seconds{${LABELS}}`]: '0.5x30' },
  },
  {
    alert: 'TsMwLoginFailures',
    after: '10m',
    series: { [`ts_mw_login_failures_total{${LABELS}}`]: '0+5x30' },
    quiet: { [`ts_mw_login_failures_total{${LABELS}}`]: '0+1x30' },
  },
  {
    alert: 'TsMwAuditLinesDropped',
    after: '3m',
    series: { [`ts_mw_audit_lines_dropped_total{${LABELS}}`]: '0 0 5 5 5 5' },
    quiet: { [`ts_mw_audit_lines_dropped_total{${LABELS}}`]: '5x10' },
  },
];

/** A test of promtool: the alert, with any labels and texts, is there or not. */
function ruleTest({ alert, after }: Firing, series: Firing['series'], fires: boolean): object {
  const input = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const expr = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  const samples = fires ? [{ labels: '{}', value: 1 }] : [];
  return {
    name: `${alert} ${fires ? 'fires' : 'is quiet'}`,
    interval: '1m',
    input_series: input,
    promql_expr_test: [{ expr, eval_time: after, exp_samples: samples }],
  };
}

test('promtool reads all queries, and each alert fires when it should and not before', () => {
  assert.equal(
    FIRINGS.map(({ alert }) => alert),
    alerts().map(({ alert }) => alert),
  );
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  try {
    const queries = join(folder, 'queries.yml');
    const rules = dashboardQueries('1m').map((expr, index) => ({ record: `panel:${index}`, expr }));
    writeFileSync(queries, stringify({ groups: [{ name: 'dashboard', rules }] }));
    const tests = join(folder, 'tests.yml');
    writeFileSync(
      tests,
      stringify({
        rule_files: [ALERTS],
        evaluation_interval: '1m',
        tests: FIRINGS.flatMap((firing) => [
          ruleTest(firing, firing.series, true),
          ruleTest(firing, firing.quiet, false),
        ]),
      }),
    );
    for (const args of [
      ['check', 'rules', queries],
      ['check', 'config', join(monitoring, 'prometheus.yml')],
      ['test', 'rules', tests],
    ]) {
      const { error, status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      if (error !== undefined) {
        console.log('skipped: promtool is not on PATH; Debian has it in its package prometheus');
        return;
      }
      assert.is(status, 0, stdout + stderr);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
