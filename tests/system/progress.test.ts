/** A whole run that is watched: by its line at a terminal until Ctrl-C, its metrics, and its trail in another process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { formatText } from '../../src/audit/format/text-format.js';
import type { OutputSeen } from '../../src/dashboard/messages.js';
import { processesWith, programPath, until, withPrograms } from '../support/programs.js';
import { Screen } from '../support/screen.js';
import { hasTerminals } from '../support/terminal.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('progress');

const LIMIT_MS = 60_000;
const [COLUMNS, ROWS] = [100, 12];
/** The end of each change of the line. */
const DRAWN = '\u001b[?7h\u001b8';

/** A program at a terminal of its own, of a known size; undefined where there is no tool to make one. */
function atTerminal(words: readonly string[]): { child: ChildProcess; shown: () => string } | undefined {
  if (!hasTerminals()) return undefined;
  const quoted = [process.execPath, ...words].map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${quoted}`;
  const { CI: _, ...env } = process.env;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...env, TERM: 'xterm', WATCHED: words.at(-1) },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  return { child, shown: () => shown };
}

test('it stands at the foot, leaves every line whole, and is gone after Ctrl-C; a trail shows the same', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'trail');
    const metricsFile = join(folder, 'master.prom');
    const metrics = ['--metrics', '0', '--metrics-file', metricsFile];
    const args = [
      '--master',
      '--slaves',
      '1',
      '--audit-file',
      file,
      '--dashboard',
      '--dashboard-show-values',
      ...metrics,
    ];
    const terminal = atTerminal([programPath('watched.js'), ...args]);
    if (terminal === undefined) {
      console.log('no script of util-linux here: nothing was tried at a terminal');
      return;
    }
    const { child, shown } = terminal;
    // Its output may be read after its exit
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until('a trail', () => existsSync(file), LIMIT_MS);
    const watcher = start('worker.js', ['--audit-watch', file]);
    await until('all done', () => /25 of 25, 100 %/.test(shown()), LIMIT_MS);
    const [, url = ''] = /METRICS READY (\S+)/.exec(readFileSync(file, 'utf8')) ?? [];
    const served = await (await fetch(url)).text();
    const [, shownAt = '', token = ''] = /dashboard at (http:\S+\/)#([0-9a-f]{32})/.exec(shown()) ?? [];
    const headers = { Authorization: `Bearer ${token}` };
    let page: Readonly<Record<string, unknown>> = {};
    await until('the page has them', async () => {
      const answer = await fetch(`${shownAt}api/page?page=overview`, { headers });
      page = (await answer.json()) as typeof page;
      return page.done === 25;
    });
    let printedLast: OutputSeen | undefined;
    await until('all its lines', async () => {
      const answer = await fetch(`${shownAt}api/output?id=SLAVE-0`, { headers });
      printedLast = (await answer.json()) as OutputSeen;
      return printedLast.lines.length === 24;
    });
    child.stdin?.write('\x03');
    assert.is(await exit, 130, shown());

    const screen = new Screen(COLUMNS, ROWS);
    const feet = new Set<string>();
    const parts = shown().split(DRAWN);
    for (const [index, part] of parts.entries()) {
      await screen.write(index < parts.length - 1 ? `${part}${DRAWN}` : part);
      if (index < parts.length - 1) feet.add(screen.foot());
    }
    for (const foot of feet) assert.match(foot, /^(no task yet|\d+ done so far|\d+ of 25, \d+ %) \| /);
    assert.ok(
      [...feet].some((foot) => /^25 of 25, 100 % \| 1 failed \| 1 slave, 0 busy \| /.test(foot)),
      [...feet].join('\n'),
    );
    const lines = screen.lines();
    const printed = (pattern: RegExp): string[] => lines.filter((line) => pattern.test(line)).sort();
    const range = Array.from({ length: 24 }, (_, n) => n);
    // A slave may print between the two halves of a line of the master, and then stands after the first
    const ofSlave = lines.flatMap((line) => /SLAVE-0\|.*/.exec(line)?.[0] ?? []).sort();
    assert.equal(ofSlave, range.map((n) => `SLAVE-0| task ${n} is done on a slave`).sort());
    assert.equal(printed(/task \d+ is done/).length, 24);
    assert.equal(printed(/fate 25 is/), ['fate 25 is ok']);
    assert.is(lines.filter((line) => / \| /.test(line)).length, 0, lines.join('\n'));
    assert.match(lines.at(-1) ?? '', /^mw \S+ ended: 25 tasks, 1 failed, 1 slave, /);

    const { lines: last, leftOut, note } = printedLast as unknown as OutputSeen;
    assert.equal(
      last.map(({ stream, text }) => `${stream} ${text}`).sort(),
      range.map((n) => `stdout task ${n} is done on a slave`).sort(),
    );
    assert.equal([leftOut, note], [0, 'The last lines of SLAVE-0.']);

    assert.is(page.failed, 1);
    assert.is(shown().split(token).length, 2, 'the token is printed once');
    const written = readFileSync(file, 'utf8');
    assert.match(written, `DASHBOARD READY ${shownAt.slice(0, -1)}`);
    assert.not.match(written, token);

    const settled = /^ts_mw_tasks_settled_total\{algorithm="work",status="ok"\} 24$/m;
    for (const text of [served, readFileSync(metricsFile, 'utf8')]) assert.match(text, settled);
    assert.match(served, /^ts_mw_slaves\{state="idle"\} 1$/m);
    assert.match(served, /^ts_mw_received_bytes_total [1-9]\d{2,}$/m);

    assert.is(await watcher.code(LIMIT_MS), 0, watcher.report());
    assert.match(
      watcher.out.at(-1) ?? '',
      /^25 of 25, 100 % \| 1 failed \| no slave \| .*fail 1\/1 \| work 24\/24$/,
    );
    assert.equal(watcher.err, []);
  }));

test.long('a process that a signal ends gives the row back first', () =>
  withPrograms(async ({ folder }) => {
    const file = join(folder, 'trail');
    writeFileSync(file, `${formatText({ type: 'master-ready', address: 'nats://h:1' }, Date.now())}\n`);
    const terminal = atTerminal([programPath('worker.js'), '--audit-watch', file]);
    if (terminal === undefined) return;
    const { child, shown } = terminal;
    const exit = new Promise((resolve) => child.once('close', resolve));
    await until('a line', () => shown().includes('no task yet'), LIMIT_MS);
    // `script` has the variable too
    const watcher = processesWith('WATCHED', file).find(({ command }) =>
      command.startsWith(process.execPath),
    );
    assert.ok(watcher);
    process.kill(watcher.pid, 'SIGTERM');
    await exit;
    const screen = new Screen(COLUMNS, ROWS);
    await screen.write(shown());
    assert.not.match(screen.lines().join('\n'), 'no task yet');
    assert.ok(shown().includes('\u001b[r'), 'all rows scroll again');
  }),
);

test.run();
