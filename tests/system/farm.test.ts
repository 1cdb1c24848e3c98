/** Farms with real processes: machines of a file and of the program, their validation, and the check of a farm. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withPrograms } from '../support/programs.js';

const test = suite('farm');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mw-farm-')));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'farm.yaml');
writeFileSync(
  file,
  `machines:
  - name: good
    local: true
    slots: 1
    cwd: ${folder}
    env: { MACHINE: good }
    prologue: export PROLOGUE="it's $MACHINE"
    validate: checkMachine
  - { name: bad, local: true, slots: 1, env: { MACHINE: bad }, validate: checkMachine }
`,
);

test('slaves run on machines that are qualified, and leave one that is unregistered', () =>
  withPrograms(async ({ start }) => {
    const program = start('farmed.js', ['--master', '--farm', file, '--audit-file', '-']);
    assert.is(await program.code(), 0, program.report());
    const found = program.out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const { prologue, cwd } = found.find(({ machine }) => machine === 'good');
    assert.equal([prologue, cwd], ["it's good", folder]);
    assert.is(found.find(({ machine }) => machine === 'late').cwd, process.cwd());
    assert.not(
      found.some(({ machine }) => machine === 'bad'),
      'its validation alone ran there',
    );
    assert.equal(found.at(-1), { last: -1, judged: 1 });
    assert.is(program.count(/^bad \S+ 0 its validation refused it: the disk is full$/), 1, program.report());
    assert.is(program.count(/^late ready 1 undefined$/), 1);
    assert.is(
      program.count(/MACHINE "bad" -> :failing again in 1\.0 s: its validation refused it: the disk/),
      1,
    );
    assert.is(program.count(/MACHINE "good" -> :gone$/), 1);
    const ends = program.matches(/MACHINE "good" SLAVE 0 ENDED pid \d+ exited with code (\d+)$/);
    assert.equal(
      ends.map(([, code]) => code),
      ['0'],
      'it was told to leave',
    );
  }));

test('a check of the farm says what each machine is, and what is wrong with it', () =>
  withPrograms(async ({ start }) => {
    const flags = ['--master', '--farm', file, '--slaves', '2', '--farm-check'];
    const program = start('farmed.js', flags);
    assert.is(await program.code(), 1, program.report());
    const [heading, ...lines] = program.out;
    assert.match(heading ?? '', /^machine {2}reached {2}node +cores {2}slots {2}memory +clock {2}program$/);
    assert.match(lines[0] ?? '', /^local {4}yes +\d+\.\d+\.\d+ +\d+ +2 +\d+\.\d GB +right +runs$/);
    assert.match(lines[1] ?? '', /^good .* runs$/);
    assert.match(lines[2] ?? '', /^bad .* fails$/);
    assert.equal(lines.slice(3), ['', 'bad: its validation refused it: the disk is full']);
    assert.equal(program.err, []);
  }));

test('a wrong farm file is told in one line, with its place', () =>
  withPrograms(async ({ start }) => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, '- local: true\n  slots: -1\n');
    const program = start('farmed.js', ['--master', '--farm', wrong, '--audit-file', join(folder, 'x.log')]);
    assert.is(await program.code(), 255);
    assert.equal(program.err, [
      `${wrong}:2:3: slots: expected a whole number from 1 to 1024, or cores, got -1; write slots: 4`,
    ]);
  }));

test.run();
