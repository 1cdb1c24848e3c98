/** A whole master with its dashboard: seen while the program blocks it, asked and changed, and gone with it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import type { FlameTree } from '../../src/dashboard/profile/flame-tree.js';
import { FlagError } from '../../src/errors.js';
import { defineAlgorithm, master, slave, taskContext } from '../../src/index.js';
import { until, withPrograms } from '../support/programs.js';

const test = suite('dashboard');

const square = defineAlgorithm('dashboard square', (n: number) => n * n);
const waits = defineAlgorithm('dashboard waits', () =>
  sleep(60_000, undefined, { signal: taskContext()?.signal }),
);
const throws = defineAlgorithm('dashboard throws', () => {
  throw new RangeError('no');
});

type Found = Readonly<Record<string, unknown>>;

/** Asks from another process, and blocks this one meanwhile. */
function askBlocked(url: string, token: string): string {
  const script = `fetch(${JSON.stringify(url)}, { headers: { Authorization: 'Bearer ${token}' } })
    .then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
  return execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 30_000 });
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

test('it shows the master while that is blocked, answers why, cancels, and ends with it', async () => {
  const events: AuditEvent[] = [];
  const mw = await master({
    dashboard: true,
    dashboardControl: true,
    dashboardShowValues: true,
    onAudit: (event) => events.push(event),
  });
  const { origin, hash, port } = new URL(mw.dashboardUrl ?? '');
  const token = hash.slice(1);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const ask = async (path: string, body?: object): Promise<Found> => {
    const change = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${origin}${path}`, { headers, ...change });
    const text = await answer.text();
    return answer.ok ? (JSON.parse(text) as Found) : { refused: text };
  };
  try {
    assert.equal(
      events.filter(({ type }) => type === 'dashboard-ready'),
      [{ type: 'dashboard-ready', url: origin }],
    );
    await using _worker = await slave(mw);
    await mw.run(async () => {
      assert.is(await square.future(7), 49);
      throws.funcall();
      const taskId = waits.withTaskPolicy({ tag: 'slow one' })();
      const queued = square.funcall(8);
      await until('it runs', () => String(mw.why(taskId).because) === 'running');
      await until('the page has it', async () => Number((await ask('/api/page?page=overview')).done) === 2);

      const page = JSON.parse(askBlocked(`${origin}/api/page?page=overview`, token)) as Found;
      assert.equal([page.done, page.submitted, page.failed], [2, 4, 1]);

      const stranger = await fetch(`${origin}/api/page?page=overview`, {
        headers: { Authorization: 'Bearer 0123' },
      });
      assert.is(stranger.status, 401);
      const told = (): AuditEvent | undefined => events.find(({ type }) => type === 'dashboard-refused');
      await until('the trail says so', () => told() !== undefined);
      assert.equal(told(), {
        ...{ type: 'dashboard-refused', address: '127.0.0.1', count: 1 },
        reason: 'a wrong token, or one of an earlier run',
      });

      const why = await ask(`/api/why?id=${taskId}`);
      assert.match(String(why.lines), new RegExp(`^${taskId} \\(dashboard waits\\) runs on SLAVE-0`));
      assert.equal((why.task as Found).tag, 'slow one');
      assert.match(String((await ask('/api/why?id=SLAVE-0')).lines), /^SLAVE-0 /);
      const { tasks } = await ask('/api/tasks?state=&text=square');
      assert.equal(
        (tasks as Found[]).map((task) => [task.taskId, task.values]),
        [[queued, '[8]']],
      );
      assert.match(
        await (await fetch(`${origin}/metrics`, { headers })).text(),
        /^ts_mw_slaves\{state="busy"\} 1$/m,
      );
      const failures = await ask('/api/page?page=failures');
      const [group] = failures.groups as Found[];
      assert.equal([group?.errorClass, group?.count], ['RangeError', 1]);
      assert.match(String(group?.frame), /dashboard\.test\.js:\d+:\d+/);

      const { kind, algorithm, errorClass, frame } = group as Found;
      const again = { do: 'resubmit', group: { kind, algorithm, errorClass, frame } };
      const { done = '' } = await ask('/api/control', again);
      assert.match(
        String(done),
        /^submitted 1 failed task of dashboard throws \(RangeError\) again, as TASK-\d+$/,
      );
      assert.match(
        String((await ask('/api/control', again)).refused),
        /^no failed task of dashboard throws \(RangeError\) could be submitted again: the master knows of none/,
      );

      assert.equal(await ask('/api/control', { do: 'cancel', taskId }), { done: `cancelled ${taskId}` });
      assert.match(
        String((await ask('/api/control', { do: 'cancel', taskId })).refused),
        /has its fate already/,
      );
      assert.match(
        String((await ask('/api/control', { do: 'stop-slave', sid: 'SLAVE-0' })).refused),
        /is no local slave/,
      );
      assert.match(
        String((await ask('/api/control', { do: 'drain-slave', sid: 'SLAVE-0' })).refused),
        /is no local slave/,
      );
      assert.match(
        String((await ask('/api/control', { do: 'add-slave' })).refused),
        /does not know what its slaves run/,
      );
      assert.equal(
        events.filter(({ type }) => type === 'dashboard-control'),
        [done, `cancelled ${taskId}`].map((text) => ({ type: 'dashboard-control', text })),
      );
      // The program hears of both runs of the task that failed
      const fates: string[] = [];
      for await (const { status } of mw.results(throws)) fates.push(status);
      assert.equal(fates, ['error', 'error']);
    });
    assert.not.match(JSON.stringify(events), token);
    const taken = await master({ dashboard: Number(port) }).catch((error: unknown) => error);
    assert.instance(taken, FlagError);
    assert.match(
      (taken as Error).message,
      /^--dashboard: cannot listen on 127\.0\.0\.1:\d+: another program has that/,
    );
    const open = await master({ dashboard: '10.1.2.3:0' }).catch((error: unknown) => error);
    assert.match((open as Error).message, /^--dashboard: expected TLS on 10\.1\.2\.3, which is not loopback/);
  } finally {
    await mw.stop();
  }
  assert.is(await listens(Number(port)), false);
});

test('it takes profiles of a slave and of the master while both compute and await nothing', () =>
  withPrograms(async ({ folder, start }) => {
    const path = join(folder, 'end');
    const program = start('profiled.js', [
      '--master',
      '--slaves',
      '1',
      '--dashboard',
      '--audit-file',
      '-',
      path,
    ]);
    const [, url = ''] = await program.waitForLine(/dashboard at (http:\S+)/);
    const { origin, hash } = new URL(url);
    const headers = { Authorization: `Bearer ${hash.slice(1)}`, 'Content-Type': 'application/json' };
    const ask = async (query: string): Promise<string> =>
      (await fetch(`${origin}${query}`, { headers })).text();
    const page = async (): Promise<Found> => JSON.parse(await ask('/api/page?page=profile')) as Found;
    await until('the slave is busy', async () => (await ask('/api/page?page=profile')).includes('"busy"'));
    await until('the thread is listed', async () =>
      (await ask('/api/page?page=threads')).includes('"threads":true'),
    );
    writeFileSync(`${path}.block`, '');
    for (const [process, id, functionName] of [
      ['SLAVE-0', 1, 'computeInSlave'],
      ['master', 2, 'computeInMaster'],
    ] as const) {
      const body = JSON.stringify({ process, seconds: 1 });
      const { status } = await fetch(`${origin}/api/profile`, { method: 'POST', headers, body });
      assert.is(status, 202);
      await until(`a profile of ${process}`, async () => (await page()).underWay === undefined);
      assert.is((await page()).fault, undefined);
      const { frames, functions, busyUs } = JSON.parse(await ask(`/api/profile?id=${id}`)) as FlameTree;
      const at = frames.findIndex(([name]) => name === functionName);
      assert.match(frames[at]?.[1] ?? '', /programs\/profiled\.js$/);
      const [, , totalUs = 0] = functions.find(([frame]) => frame === at) ?? [];
      assert.ok(busyUs > 500_000 && totalUs > 0.9 * busyUs, `${totalUs} of ${busyUs} µs`);
      assert.match(await ask(`/api/profile/file?id=${id}`), /^\{"nodes":\[/);
    }
    writeFileSync(path, '');
    assert.is(await program.code(), 0);
    for (const process of ['SLAVE-0', 'master'])
      assert.is(program.count(new RegExp(`DASHBOARD PROFILE ${process} for 1 s, from 127\\.0\\.0\\.1`)), 1);
  }));

test.run();
