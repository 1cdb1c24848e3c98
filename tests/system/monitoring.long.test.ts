/** A real Prometheus reads the metrics of a real run: it takes all, and answers what docs/monitoring asks it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { ALERTS, alerts, dashboardQueries } from '../docs/monitoring-files.js';
import { freePort } from '../support/free-port.js';
import { until, withPrograms } from '../support/programs.js';

const test = suite('monitoring');

const LIMIT_MS = 60_000;

interface Answer<T> {
  readonly status: string;
  readonly error?: string;
  readonly data: T;
}

/** Undefined where there is none. */
async function startPrometheus(args: readonly string[]): Promise<ChildProcess | undefined> {
  const child = spawn('prometheus', args, { stdio: 'ignore' });
  const started = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]);
  return started ? child : undefined;
}

test('it scrapes all, and knows what every panel and every alert asks for', () =>
  withPrograms(async ({ start, folder }) => {
    const trail = join(folder, 'trail');
    const args = ['--master', '--slaves', '1', '--metrics', '0', '--audit-file', trail];
    const program = start('watched.js', args);
    let url: string | undefined;
    await until('an address', () => {
      if (existsSync(trail)) url = /METRICS READY (\S+)/.exec(readFileSync(trail, 'utf8'))?.[1];
      return url !== undefined;
    });
    const scraped = new URL(url as string).host;
    writeFileSync(
      join(folder, 'prometheus.yml'),
      stringify({
        global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
        rule_files: [ALERTS],
        scrape_configs: [{ job_name: 'ts-mw', static_configs: [{ targets: [scraped] }] }],
      }),
    );
    const port = await freePort();
    const prometheus = await startPrometheus([
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    if (prometheus === undefined) {
      console.log('skipped: prometheus is not on PATH; Debian has it in its package prometheus');
      program.kill('SIGTERM');
      await program.ended(LIMIT_MS);
      return;
    }
    const gone = once(prometheus, 'exit');
    const ask = async <T>(path: string): Promise<Answer<T>> =>
      (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as Answer<T>;
    const query = async (expr: string): Promise<readonly string[]> => {
      const path = `query?query=${encodeURIComponent(expr)}`;
      const { status, error, data } = await ask<{ result: { value: [number, string] }[] }>(path);
      assert.is(status, 'success', `${expr}: ${error}`);
      return data.result.map(({ value }) => value[1]);
    };
    const sumOf = (expr: string): Promise<string | undefined> =>
      query(`sum(${expr})`)
        .then(([value]) => value)
        .catch(() => undefined);
    try {
      await until('all fates', async () => (await sumOf('ts_mw_tasks_settled_total')) === '25', LIMIT_MS);
      assert.is(await sumOf('ts_mw_task_wait_seconds_count'), '25');
      // With one slave, tasks of a tenth of a second each wait for those before them
      assert.ok(Number(await sumOf('ts_mw_task_wait_seconds_sum')) > 5);
      assert.is(await sumOf('up'), '1');
      await until('rates', async () => (await query('rate(ts_mw_task_wait_seconds_sum[1m])')).length > 0);
      const empty: string[] = [];
      for (const expr of dashboardQueries('1m')) {
        if ((await query(expr)).length === 0) empty.push(expr);
      }
      // No task was unrunnable, and no slave lost
      assert.equal(
        empty.filter((expr) => !/unrunnable|lost/.test(expr)),
        [],
      );
      const rules = await ask<{ groups: { rules: { name: string; health: string; state: string }[] }[] }>(
        'rules',
      );
      assert.equal(
        rules.data.groups.flatMap(({ rules }) => rules.map(({ name, health }) => `${name} ${health}`)),
        alerts().map(({ alert }) => `${alert} ok`),
      );
    } finally {
      prometheus.kill('SIGKILL');
      await gone;
    }
    program.kill('SIGTERM');
    assert.is((await program.ended(LIMIT_MS)).code, 143);
  }));

test.run();
