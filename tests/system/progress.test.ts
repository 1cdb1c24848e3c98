/** The progress line of a whole run at a terminal, until Ctrl-C, and of its trail in another process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programPath, until, withPrograms } from '../support/programs.js';
import { Screen } from '../support/screen.js';

const test = suite('progress');

const LIMIT_MS = 60_000;
const [COLUMNS, ROWS] = [100, 12];
/** The end of each change of the line. */
const DRAWN = '\u001b[?7h\u001b8';

/** A program at a terminal of its own, of a known size; undefined where there is no tool to make one. */
function atTerminal(words: readonly string[]): { child: ChildProcess; shown: () => string } | undefined {
  if (spawnSync('script', ['-qfec', 'test -t 0', '/dev/null']).status !== 0) return undefined;
  const quoted = [process.execPath, ...words].map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${quoted}`;
  const { CI: _, ...env } = process.env;
  const child = spawn('script', ['-qfec', command, '/dev/null'], { env: { ...env, TERM: 'xterm' } });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  return { child, shown: () => shown };
}

test('it stands at the foot, leaves every line whole, and is gone after Ctrl-C; a trail shows the same', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'trail');
    const args = ['--master', '--slaves', '1', '--audit-file', file];
    const terminal = atTerminal([programPath('watched.js'), ...args]);
    if (terminal === undefined) {
      console.log('no script of util-linux here: nothing was tried at a terminal');
      return;
    }
    const { child, shown } = terminal;
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until('a trail', () => existsSync(file), LIMIT_MS);
    const watcher = start('worker.js', ['--audit-watch', file]);
    await until('all done', () => /25 of 25, 100 %/.test(shown()), LIMIT_MS);
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
    // A slave may print between the two halves of a line of the master: then they are two lines
    assert.equal(printed(/^task/), range.map((n) => `task ${n} is done on a slave`).sort());
    assert.equal(printed(/fate 25 is/), ['fate 25 is ok']);
    assert.is(lines.filter((line) => / \| /.test(line)).length, 0, lines.join('\n'));
    assert.match(lines.at(-1) ?? '', /^mw \S+ ended: 25 tasks, 1 failed, 1 slave, /);

    assert.is(await watcher.code(LIMIT_MS), 0, watcher.report());
    assert.match(
      watcher.out.at(-1) ?? '',
      /^25 of 25, 100 % \| 1 failed \| no slave \| .*fail 1\/1 \| work 24\/24$/,
    );
    assert.equal(watcher.err, []);
  }));

test.run();
