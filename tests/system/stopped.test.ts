/** A master that is stopped: nothing that waits for it ends as if it were done. */
import * as assert from 'uvu/assert';
import { type RunningProgram, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('a stopped master');

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof CODES;

/** Starts it, stops it once it waits, and sees that it did not take itself for done. */
async function stop(
  start: (name: string, args: readonly string[]) => RunningProgram,
  way: string,
  signal: StopSignal,
): Promise<RunningProgram> {
  const program = start('stopped.js', ['--master', '--slaves', '1', '--', way]);
  await program.waitForLine(/^begins$/);
  program.kill(signal);
  assert.is(await program.code(), CODES[signal], `${way}\n${program.report()}`);
  const own = program.out.filter((line) => !line.startsWith('pausing TASK-'));
  assert.equal(own, [], `${way} has printed something\n${program.report()}`);
  assert.is(program.count(/Unhandled|unhandled|^ +at |^Node\.js v/), 0, `${way}\n${program.report()}`);
  return program;
}

const said = (signal: StopSignal): RegExp =>
  new RegExp(`^the master was stopped by ${signal} with [1-9]\\d* tasks? pending \\(.*\\)`);

for (const [index, [signal, ways]] of (
  [
    ['SIGINT', ['results', 'future']],
    ['SIGTERM', ['results', 'iterate', 'left', 'loop', 'all', 'any', 'after']],
  ] as const
).entries()) {
  test.oneIn(2, index, `${signal} is thrown where the program waits, and said in one line`, () =>
    withPrograms(async ({ start }) => {
      for (const way of ways) {
        const program = await stop(start, way, signal);
        assert.is(program.count(said(signal)), 1, `${way}\n${program.report()}`);
        if (way === 'after') {
          assert.is(program.count(/^first is gone$/), 1);
          assert.is(program.count(/^after: true$/), 2, program.report());
        }
      }
    }),
  );
}

test.long('a source of submitAll that is not drawn to its end makes no iteration complete', () =>
  withPrograms(async ({ start }) => {
    const program = start('stopped.js', ['--master', '--slaves', '1', '--', 'source']);
    await program.waitForLine(/^begins$/);
    await program.waitForLine(/SLAVE-0 -> :idle$/, undefined, 2);
    program.kill('SIGINT');
    assert.is(await program.code(), 130, program.report());
    const line = /^the master was stopped by SIGINT with .*1 source of submitAll not drawn to its end$/;
    assert.is(program.count(line), 1, program.report());
    assert.equal(program.out, []);
  }),
);

test.long(
  'a program that saves what it has is given the time, and its exit code is still that of the signal',
  () =>
    withPrograms(async ({ start }) => {
      const program = await stop(start, 'saves', 'SIGTERM');
      assert.is(program.count(/^saved 16, 1 pending, SIGTERM, true$/), 1, program.report());
      assert.is(program.count(/^the master was stopped/), 0, 'it was not let through');
      assert.is(program.count(/ WARNING /), 0, 'what it leaves is no surprise');
    }),
);

test.long('a program that asks again and again after the end is left, and hears signals', () =>
  withPrograms(async ({ start }) => {
    const program = start('stopped.js', ['--master', '--slaves', '1', '--', 'stubborn']);
    await program.waitForLine(/^begins$/);
    program.kill('SIGINT');
    await program.waitForLine(/TRY-SHUTDOWN$/);
    program.kill('SIGINT');
    assert.is(await program.code(), 130, program.report());
    assert.is(program.count(/did not end within/), 0, 'the second signal ends it at once');
  }),
);

test.long('an exception that nobody caught stops what waits, with itself as the cause', () =>
  withPrograms(async ({ start }) => {
    const program = start('stopped.js', ['--master', '--slaves', '1', '--', 'exception']);
    assert.is(await program.code(), 255, program.report());
    assert.is(program.count(/^RangeError: a timer has thrown$/), 1, program.report());
    assert.is(program.count(/^cause: RangeError: a timer has thrown$/), 1, program.report());
    assert.is(program.count(/^the master was stopped/), 0, 'it is told once');
  }),
);

test.run();
