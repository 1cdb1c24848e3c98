/** How masters and slaves end, with which exit codes, and what their slaves are told. */
import * as assert from 'uvu/assert';
import { overEachBrokerAtLength } from '../support/each-broker.js';
import { type RunningProgram, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('exit codes');

/** The program's argument, its exit code, and what it prints on standard error. */
const ENDINGS: readonly (readonly [ending: string, code: number, said?: RegExp])[] = [
  ['zero', 0],
  ['seven', 7],
  ['255', 255],
  ['256', 255, /\[A\] MW-INTERNAL Wrong exit code type\/value \[256\], assuming 255\.$/],
  ['-1', 255, /Wrong exit code type\/value \[-1\]/],
  ['1.5', 255, /Wrong exit code type\/value \[1\.5\]/],
  ['undefined', 255, /Wrong exit code type\/value \[undefined\]/],
  ['text', 255, /Wrong exit code type\/value \[x\]/],
  ['throws', 255, /^Error: the master algorithm has thrown$/],
  ['throws flag', 255, /^--size: expected a number$/],
  ['throws text', 255, /^thrown: just words$/],
  ['rejects', 255, /^Error: the master algorithm has rejected$/],
  ['timer', 255, /^Error: a timer of the master has thrown$/],
  ['rejection', 255, /^Error: nobody handles this$/],
];

function expectSlaveToldToStop(program: RunningProgram): void {
  for (const pattern of [/MASTER -> SHUTDOWN$/, /FINI MASTER-SHUTDOWN "/, /LOCAL 0 EXITED pid \d+ code 0$/]) {
    assert.is(program.count(pattern), 1, `${pattern}\n${program.report()}`);
  }
}

async function expectEndings(endings: typeof ENDINGS): Promise<void> {
  await withPrograms(async ({ start }) => {
    const waiting = [...endings];
    const runNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [ending, code, said] = next;
        const program = start('endings.js', ['--master', '--slaves', '1', '--', ending]);
        assert.is(await program.code(60_000), code, `${ending}\n${program.report()}`);
        assert.is(program.count(/^echoed here$/), 1, ending);
        assert.ok(program.count(new RegExp(`^initialize returned ${code} ${code}$`)) > 0, ending);
        if (said !== undefined) assert.is(program.count(said), 1, `${ending}\n${program.report()}`);
        else assert.is(program.count(/Wrong exit code|Error/), 0, ending);
        if (String(said).startsWith('/^Error')) assert.ok(program.count(/^ +at .*endings\.js/) > 0, ending);
        else assert.is(program.count(/^ +at /), 0, `${ending} needs no stack\n${program.report()}`);
        expectSlaveToldToStop(program);
      }
    };
    await Promise.all([runNext(), runNext(), runNext(), runNext()]);
  });
}

const CODE = 'it is that of the master algorithm, and slaves are told to stop';
const isOften = (index: number): boolean => index % 8 === 1;

test(`${CODE} in each case`, () => expectEndings(ENDINGS.filter((_, index) => isOften(index))));
test.long(`${CODE} in other cases`, () => expectEndings(ENDINGS.filter((_, index) => !isOften(index))));

overEachBrokerAtLength(
  test,
  'it ends two seconds late, and says why, if something holds the event loop',
  async ({ args }, { start }) => {
    const program = start('endings.js', ['--master', '--slaves', '1', ...args, '--', 'lingers']);
    assert.is(await program.code(), 3, program.report());
    await program.waitForLine(/EOF FORCE -> Timeout$/);
    expectSlaveToldToStop(program);
  },
);

test('it hands what is not its own to both algorithms, in its order', () =>
  withPrograms(async ({ start }) => {
    const given = ['--color', 'red', '--master', '--slaves', '1', '-x', 'one two', '--', '--slave', '--'];
    const program = start('endings.js', given);
    await program.ended();
    const expected = JSON.stringify(['--color', 'red', '-x', 'one two', '--slave', '--']);
    assert.is(program.out.filter((line) => line === `master argv ${expected}`).length, 1, program.report());
    assert.is(program.out.filter((line) => line === `slave argv ${expected}`).length, 1, program.report());
  }));

test('it is 255 without a master algorithm, or with two, which are named', () =>
  withPrograms(async ({ start }) => {
    const without = start('no-master.js', ['--master']);
    const twice = start('two-masters.js', ['--master']);
    const slaveTwice = start('two-masters.js', ['--slave', '--master-port', '1', '--connect-timeout', '1']);
    assert.is(await without.code(), 255);
    assert.is(
      without.count(/\[A\] MASTER No master algorithm found\. .*defineMaster\.$/),
      1,
      without.report(),
    );
    for (const [program, define, lines] of [
      [twice, 'defineMaster', [4, 5]],
      [slaveTwice, 'defineSlave', [6, 7]],
    ] as const) {
      assert.is(await program.code(), 255);
      const places = lines.map(() => '/\\S*two-masters\\.[jt]s:\\d+:\\d+').join(' and ');
      const pattern = new RegExp(`^${define} was called more than once, at ${places}; keep one of them$`);
      assert.is(program.count(pattern), 1, program.report());
      assert.is(program.count(/^ +at /), 0, 'a stack was printed');
    }
  }));

const WRONG: readonly (readonly [args: readonly string[], flag: string])[] = [
  [[], '--master'],
  [['--master', '--slave'], '--master'],
  [['--slave'], '--slave'],
  [['--master', '--slave-task-group', '0'], '--slave-task-group'],
  [['--master', '--slave-result-group', '1.5'], '--slave-result-group'],
  [['--master', '--master-port', '99999'], '--master-port'],
  [['--master', '--nats-url', 'http://x'], '--nats-url'],
  [['--master', '--client-timeout', 'soon'], '--client-timeout'],
  [['--master', '--audit-file', '/no/such/folder/a.log'], '--audit-file'],
  [['--master', '--slaves'], '--slaves'],
  [['--master', '--max-message-size', '1'], '--max-message-size'],
];

test.long('it is 255 for a wrong flag, with one line that names the flag', () =>
  withPrograms(async ({ start }) => {
    const programs = WRONG.map(([args, flag]) => ({ program: start('no-master.js', args), flag }));
    for (const { program, flag } of programs) {
      assert.is(await program.code(), 255, flag);
      assert.is(program.err.length, 1, `${flag}\n${program.report()}`);
      assert.ok(program.err[0]?.startsWith(`${flag}: `), program.err[0]);
      assert.is(program.out.length, 0, flag);
    }
  }),
);

test('it is 0 for --help and --version, which go to standard output', () =>
  withPrograms(async ({ start }) => {
    const help = start('no-master.js', ['--master', '--help', 'all']);
    const version = start('no-master.js', ['--version']);
    assert.is(await help.code(), 0);
    assert.is(await version.code(), 0);
    for (const word of ['--resource-file', '--nats-url', 'Timeouts:', '--max-message-size']) {
      assert.ok(
        help.out.some((line) => line.includes(word)),
        word,
      );
    }
    assert.ok(version.out.join('\n').includes('ts-mw'), version.report());
    assert.is(help.err.length + version.err.length, 0);
  }));

test.run();
