/** Trails of whole runs, rotated and cut off, and what programs answer when they are asked about them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { readTrailSet } from '../../src/audit/read/trail-set.js';
import { readTrace } from '../picture/trace/check-trace.js';
import { type Programs, programPath, type RunningProgram, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('questions about trails');

const TASKS = 10_000;

/** Asks a program that has no master algorithm: what matters is the file. */
async function ask(
  { start }: Programs,
  ...question: string[]
): Promise<{ code: number; out: string; err: readonly string[] }> {
  const program: RunningProgram = start('worker.js', question);
  const code = await program.code();
  return { code, out: program.out.join('\n'), err: program.err };
}

/** Every line of a set is whole, and all results of the slaves are told. */
async function countSent(path: string): Promise<number> {
  const reader = readTrailSet(path);
  let sent = 0;
  for await (const { event } of reader) if (event.type === 'results-sent') sent += event.count;
  assert.equal([reader.foreign, reader.torn], [0, false], path);
  return sent;
}

async function rotated(programs: Programs, format: 'text' | 'json'): Promise<void> {
  const file = join(programs.folder, `${format}.log`);
  const master = programs.start('lives.js', [
    ...['--master', '--slaves', '2', '--slave-task-group', '1', '--slave-result-group', '1'],
    ...['--audit-file', file, '--audit-format', format, '--audit-max-size', '64k', '--audit-keep', '1000'],
    '--audit-runs',
    ...['--', 'squares', String(TASKS)],
  ]);
  assert.is(await master.code(), 0, master.report());
  const names = readdirSync(programs.folder);
  assert.ok(names.includes(`${format}.log.2`), names.join(' '));
  assert.ok(names.includes(`${format}.log.slaves.2`), names.join(' '));
  assert.is(await countSent(`${file}.slaves`), TASKS);

  const verdict = await ask(programs, '--audit-verify', file);
  const fates = `tasks ${TASKS}: ok ${TASKS}, error 0, unrunnable 0; runs 1`;
  assert.equal([verdict.code, verdict.out], [0, `${file}: every task had exactly one fate (${fates})`]);

  const page = join(programs.folder, `${format}.html`);
  const trace = join(programs.folder, `${format}.json`);
  const report = await ask(programs, '--audit-report', file, '--html', page, '--trace', trace);
  assert.equal([report.code, report.err], [0, []]);
  assert.match(report.out, new RegExp(`^square +${TASKS} +${TASKS} +0 +0 +\\d`, 'm'));
  assert.match(report.out, /^Sessions: 2; at most 2 at a time/m);
  assert.match(readFileSync(page, 'utf8'), / id="saved">\{"overview":/);
  const { slices, machines } = readTrace(readFileSync(trace, 'utf8'));
  assert.equal([slices.length, machines.length], [TASKS, 2]);
  assert.ok(slices.every(({ name, args }) => name === 'square' && args['outcome'] === 'ok'));
  assert.is(new Set(slices.map(({ args }) => args['task'])).size, TASKS);
}

test.long('rotated trails of a master and its slaves are whole, in both forms', () =>
  withPrograms(async (programs) => {
    await Promise.all([rotated(programs, 'text'), rotated(programs, 'json')]);
  }),
);

test('a master that was killed leaves a task without a fate', () =>
  withPrograms(async (programs) => {
    const file = join(programs.folder, 'm.log');
    const told = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    const flags = ['--master', '--slaves', '1', '--audit-file', file];
    const master = programs.start('lives.js', [...flags, '--', 'pausing']);
    await until('the second task is told', () => /TASKS (0-)?1 SUBMITTED/.test(told()));
    master.kill('SIGKILL');
    await master.ended();
    const { code, out } = await ask(programs, '--audit-verify', file);
    assert.is(code, 1);
    assert.match(out, /m\.log: TASK-1 has no fate: the trail ends before it/);
    const why = await ask(programs, '--audit-report', file, '--why', 'TASK-1');
    assert.equal([why.code, why.err], [0, []]);
    assert.match(
      why.out,
      /^TASK-1 had no fate when the trail ended \(its master was killed, or still runs\)/,
    );
  }));

test.long('what cannot be answered is said in one line', () =>
  withPrograms(async (programs) => {
    const cases = [
      [['--audit-verify', '/no/such'], /^cannot read \/no\/such: there is no such file$/],
      [['--audit-report', '/no/such'], /^cannot read \/no\/such: there is no such file$/],
      [['--audit-report', programPath('worker.js')], /is not an audit trail/],
      [['--audit-verify'], /^--audit-verify: expected a value/],
    ] as const;
    await Promise.all(
      cases.map(async ([question, complaint]) => {
        const { code, out, err } = await ask(programs, ...question);
        assert.equal([code, out, err.length], [255, '', 1], err.join('\n'));
        assert.match(err[0] ?? '', complaint);
      }),
    );
  }),
);

test.long('what cannot be rotated stops no computation', () =>
  withPrograms(async ({ start }) => {
    const flags = ['--master', '--slaves', '1', '--audit-file', '/dev/full', '--audit-max-size', '4k'];
    const master = start('lives.js', [...flags, '--', 'squares', '2000']);
    assert.is(await master.code(), 0, master.report());
    assert.equal(master.out, ['sum 2664667000']);
  }),
);

test.run();
