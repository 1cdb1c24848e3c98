/** Whole runs as people see them: notices at a terminal and beside an audit file, the trail everywhere else. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as assert from 'uvu/assert';
import { programPath, withPrograms } from '../support/programs.js';
import { hasTerminals } from '../support/terminal.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('notices of programs');

const HELLO = 'examples/hello-world.js';
const LIMIT_MS = 60_000;
const NOTICE = /^mw \d\d:\d\d:\d\d /;

/** The output of a program at a terminal of its own; undefined where there is no tool to make one. */
function atTerminal(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { code: number | null; text: string } | undefined {
  if (!hasTerminals()) {
    console.log('no script of util-linux here: nothing was tried at a terminal');
    return undefined;
  }
  // The line at the foot has a test of its own
  const quoted = [process.execPath, ...words, '--progress', 'off'].map((word) => `'${word}'`).join(' ');
  const colourless = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NO_COLOR|FORCE_COLOR|CI)$/.test(name)),
  );
  const { status, stdout } = spawnSync('script', ['-qfec', quoted, '/dev/null'], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...colourless, TERM: 'xterm-256color', ...env },
  });
  return { code: status, text: stdout };
}

test('hello shows five lines at a terminal, in colours, beside what it prints', () => {
  const seen = atTerminal([programPath(HELLO), '--master', '--slaves', '1']);
  if (seen === undefined) return;
  assert.is(seen.code, 0, seen.text);
  assert.ok(seen.text.includes('\u001b[32mended: 10 tasks'), seen.text);
  const lines = stripVTControlCharacters(seen.text).trim().split(/\r?\n/);
  const [notices, printed] = [
    lines.filter((line) => NOTICE.test(line)),
    lines.filter((l) => !NOTICE.test(l)),
  ];
  assert.equal(
    printed.sort(),
    Array.from({ length: 10 }, (_, i) => `Got result from slave: Hello World: Task ${i}`),
  );
  const [ready, join, joined, ended, ...more] = notices.map((line) => line.replace(NOTICE, ''));
  assert.match(ready ?? '', /^ready at nats:\/\/127\.0\.0\.1:\d+, for all users of this machine$/);
  assert.match(join ?? '', /^to add a slave: node \S+hello-world\.js --slave --master-port \d+$/);
  assert.match(joined ?? '', /^SLAVE-0 joined on \S+$/);
  assert.match(ended ?? '', /^ended: 10 tasks, 0 failed, 1 slave, \d+\.\d s$/);
  assert.equal(more, []);
});

test.long('NO_COLOR takes the colours away, and --audit-file - brings the whole trail', () => {
  const plain = atTerminal([programPath(HELLO), '--master', '--slaves', '1'], { NO_COLOR: '1' });
  if (plain === undefined) return;
  assert.not.ok(plain.text.includes('\u001b'), plain.text);
  assert.match(plain.text, /^mw \S+ ended/m);
  const trail = atTerminal([programPath(HELLO), '--master', '--slaves', '1', '--audit-file', '-']);
  assert.is(trail?.code, 0);
  for (const line of [/\[A\] FINI SHUTDOWN/, /\[A\] MASTER -> ID SLAVE-0/])
    assert.match(trail?.text ?? '', line);
  assert.not.match(trail?.text ?? '', /^mw /m);
  assert.not.ok(existsSync('-'));
});

test('a slave that finds no master says so, also when its trail goes to a file', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'audit');
    const args = ['--slave', '--master-port', '1', '--connect-timeout', '1'];
    const slave = start(HELLO, [...args, '--audit-file', file]);
    assert.is(await slave.code(), 255);
    assert.is(slave.count(/^mw \S+ no connection to nats:\/\/127\.0\.0\.1:1: /), 1, slave.report());
    assert.is(
      slave.count(/^mw \S+ exits with 255: no master of member default-member-id /),
      1,
      slave.report(),
    );
    assert.match(readFileSync(file, 'utf8'), /MASTER No master of member/);
    const piped = start(HELLO, args);
    assert.is(await piped.code(), 255);
    assert.is(piped.count(NOTICE), 0, 'piped, the whole trail is there');
    assert.is(piped.count(/\[A\] MASTER No master of member/), 1);
  }));

test.long('beside an audit file an error is told once, as it is, and local slaves are silent', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'audit');
    const args = ['--master', '--slaves', '2', '--audit-file', file, '--'];
    const program = start('endings.js', [...args, 'throws']);
    assert.is(await program.code(), 255);
    assert.is(program.count(/the master algorithm has thrown/), 1, program.report());
    assert.match(readFileSync(file, 'utf8'), /ERROR Error: the master algorithm has thrown/);
    assert.is(program.count(/^mw \S+ ended: /), 1, program.report());
    assert.ok(program.count(/^mw \S+ .*joined /) > 0, program.report());
    assert.is(program.count(/joined as/), 0, program.report());
    assert.is(program.err.filter((line) => !NOTICE.test(line) && !/^( +at |Error: )/.test(line)).length, 0);
  }),
);

test('Ctrl-C is answered at once with what still computes', () =>
  withPrograms(async ({ start, folder }) => {
    const args = ['--master', '--slaves', '1', '--audit-file', join(folder, 'audit'), '--', 'pausing'];
    const program = start('lives.js', args);
    await program.waitForLine(/^pausing TASK-1$/);
    program.kill('SIGINT');
    await program.waitForLine(
      /^mw \S+ stopping \(Ctrl-C\): 1 slave still computes; again Ctrl-C to end at once$/,
    );
    assert.is(await program.code(), 130, program.report());
    assert.not.match([...program.out, ...program.err].join('\n'), '\u001b', 'no terminal, no progress line');
  }));

test.run();
