/** A master's words about errors of tasks that its algorithm lets through, and about tasks that it leaves behind. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type RunningProgram, withPrograms } from '../support/programs.js';

const test = suite('what a master lets through');

const PLACE = String.raw`file:\/\/\/\S*\/uncaught\.js:\d+:\d+`;

/** Lines on standard error that are not of the audit trail. */
const words = ({ err }: RunningProgram): string[] => err.filter((line) => !/^\d\d\/\d\d\/\d{4} /.test(line));

const ERRORS: readonly (readonly [way: string, ...lines: RegExp[]])[] = [
  [
    'lets',
    new RegExp(`^TASK-1 of fail failed on SLAVE-0, attempt 1, submitted at ${PLACE}$`),
    /^Mishap: let through$/,
    /^ +at .*algorithms\.js/,
    /^ {2}caused by RangeError: too deep$/,
    /^ +at .*algorithms\.js/,
  ],
  [
    'wraps',
    /^Error: the sweep has failed$/,
    /^ +at .*uncaught\.js/,
    new RegExp(`^ {2}caused by TASK-1 of fail failed on SLAVE-0, attempt 1, submitted at ${PLACE}$`),
    /^Mishap: wrapped$/,
  ],
  [
    'any',
    /^AggregateError: /,
    new RegExp(`^ {2}caused by TASK-1 of fail failed on SLAVE-0, attempt 1, submitted at ${PLACE}$`),
    /^Mishap: one$/,
    new RegExp(`^ {2}caused by TASK-2 of fail failed on SLAVE-0, attempt 1, submitted at ${PLACE}$`),
    /^Mishap: two$/,
  ],
  [
    'early',
    new RegExp(
      `^TASK-1 of fail failed on SLAVE-0, attempt 1, submitted at ${PLACE}; nothing awaited its future then; .*Promise\\.allSettled`,
    ),
    /^Mishap: too early$/,
  ],
  [
    'unrunnable',
    new RegExp(`^TASK-1 of square is unrunnable \\(unknown-sid\\), submitted at ${PLACE}$`),
    /^UnrunnableError: no ordered slave has the sid SLAVE-99$/,
  ],
];

test('an error of a task is printed with its task, its run and its place, without frames of the library', () =>
  withPrograms(async ({ start }) => {
    for (const [way, ...lines] of ERRORS) {
      const program = start('uncaught.js', ['--master', '--slaves', '1', '--', way]);
      assert.is(await program.code(), 255, `${way}\n${program.report()}`);
      let at = -1;
      for (const line of lines) {
        const found = words(program).findIndex((text, index) => index > at && line.test(text));
        assert.ok(found > at, `${way}: ${line}\n${program.report()}`);
        at = found;
      }
      assert.is(program.count(/^ +at .*dist\/src\//), 0, `${way}\n${program.report()}`);
      assert.is(program.count(/^Node\.js v/), 0, way);
    }
  }));

const LEFT: readonly (readonly [way: string, code: number, line: string])[] = [
  ['pending', 0, `2 tasks pending \\(pause 2\\), the first of pause submitted at ${PLACE}`],
  ['untaken', 7, `1 result untaken \\(square 1\\), the first of square submitted at ${PLACE}`],
  ['source', 0, '1 source of submitAll not drawn to its end'],
];

test('a master algorithm that leaves something behind is warned, and fails under --strict', () =>
  withPrograms(async ({ start }) => {
    for (const [way, code, line] of LEFT) {
      for (const strict of [false, true]) {
        const flags = strict ? ['--strict'] : [];
        const program = start('uncaught.js', ['--master', '--slaves', '1', ...flags, '--', way]);
        assert.is(await program.code(), strict ? 255 : code, `${way}\n${program.report()}`);
        const text = `the master algorithm returned with ${line}`;
        const pattern = strict ? `^--strict: ${text}$` : ` WARNING ${text}; --strict makes that exit 255$`;
        assert.is(program.count(new RegExp(pattern)), 1, `${way}\n${program.report()}`);
        assert.is(program.count(/rejected|Unhandled|^ +at /), 0, `${way}\n${program.report()}`);
      }
    }
    const program = start('uncaught.js', ['--master', '--slaves', '1', '--strict', '--', 'cancelled']);
    assert.is(await program.code(), 0, program.report());
    assert.is(program.count(/ returned with /), 0, program.report());
  }));

test.run();
