/** The REPL as it is typed: from a pipe, two of them, and at a terminal where there is a tool to make one. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as assert from 'uvu/assert';
import { programPath, until, within } from '../../support/programs.js';
import { hasTerminals } from '../../support/terminal.js';
import { suiteInTurns } from '../../support/turns.js';

const repls = suiteInTurns('--repl');

const LIMIT_MS = 60_000;
const state = mkdtempSync(join(tmpdir(), 'ts-mw-repl-'));
const started: ChildProcess[] = [];
repls.after(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

class Session {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #text = '';
  /** How much of the text was expected already. */
  #seen = 0;

  constructor(command: string, args: readonly string[]) {
    const env = { ...process.env, XDG_STATE_HOME: state, TERM: 'xterm' };
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    started.push(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#text += stripVTControlCharacters(text);
      });
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', resolve);
    });
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** The next text that matches, behind what was expected before. */
  async expect(pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    try {
      await until(
        `${pattern}`,
        () => {
          found = pattern.exec(this.#text.slice(this.#seen));
          return found !== null;
        },
        LIMIT_MS,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}; there was\n${this.#text}`);
    }
    const match = found as unknown as RegExpExecArray;
    this.#seen += match.index + match[0].length;
    return match;
  }

  /** Types a line and waits for what it brings. */
  async line(text: string, pattern: RegExp): Promise<RegExpExecArray> {
    this.type(`${text}\n`);
    return this.expect(pattern);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  end(): void {
    this.#child.stdin?.end();
  }

  async code(): Promise<number | null> {
    return within(LIMIT_MS, this.#ended, () => this.#text);
  }
}

const args = [programPath('examples/hello-world.js'), '--repl'];

repls('what is typed speaks to the master and to its slaves', async () => {
  const repl = new Session(process.execPath, [...args, '--slaves', '2']);
  await repl.expect(/master at nats:.*Type \.help/);
  await repl.line('[1, 2].map((i) => hello.funcall("n" + i))', /\[ 'TASK-0', 'TASK-1' \]/);
  await repl.line(
    '(await results()).map(({ packet }) => packet).sort()',
    /\[ 'Hello World: n1', 'Hello World: n2' \]/,
  );
  await repl.line('results()', /> \[\]/);
  await repl.line("why('TASK-1')", /> TASK-1 has had its fate, and the program took it: .*--audit-report/);
  await repl.line("why('TASK-9').because", /> 'never-submitted'/);
  await repl.line("why('SLAVE-0')", /> SLAVE-0 \(.*:\d+\) has nothing to do: the master has no task\.\n/);
  await repl.line("why('7')", /UsageError: "7" is no task id/);
  await repl.line('const { name } = hello; await hello.future(name)', /> 'Hello World: hello'/);
  await repl.line('(await Promise.all([hello.future({ a: [1] })]))[0]', /> 'Hello World: \[object Object\]'/);
  await repl.line('const added = await addSlave(); slaves().some(({ sid }) => sid === added)', /> true/);
  await repl.line('killSlave(added)', /> 'SLAVE-\d+'/);
  await repl.line(
    'while (slaves().some(({ sid }) => sid === added)) await master.masterLoop({ timeout: 0.05 }); slaves()',
    /slave +state +group +process +tasks +results\nSLAVE-\d .*\nSLAVE-\d .*\n(?!SLAVE)/,
  );
  await repl.line(
    "killSlave('SLAVE-77')",
    /Uncaught UsageError: there is no SLAVE-77; slaves\(\) lists all slaves\n/,
  );
  await repl.line('audit(on)', />/);
  await repl.line("await hello.future('z')", /\[A\] SLAVE-\d <- 1 tasks\n.*'Hello World: z'/s);
  await repl.line("audit('off')", />/);
  await repl.line('audit(3)', /UsageError: audit takes on or off/);
  await repl.line('algorithms.hello === hello', /> true/);
  await repl.line(
    '.help',
    /hello\.funcall.*results\(\).*slaves\(\).*addSlave\(\).*killSlave.*audit\(on\).*\.exit/s,
  );
  await repl.line('void hello.future(() => 1)', /EncodeError: \[0\] is a function/);
  await repl.line('nothing', /ReferenceError: nothing is not defined/);
  await repl.line('void hello.future("unheard"); await slave(master.masterPort) && slaves().length', /> 3/);
  repl.end();
  assert.is(await repl.code(), 0);
});

repls('a future that fails before it is awaited is shown, and all goes on', async () => {
  const repl = new Session(process.execPath, [
    programPath('tests/programs/worker.js'),
    '--repl',
    '--slaves',
    '1',
  ]);
  await repl.line("fail.future('nobody awaits it')", /Uncaught .*: nobody awaits it/);
  await repl.line('Promise.reject(new RangeError("mine"))', /Uncaught RangeError: mine/);
  await repl.line('await square.future(3)', /> 9\n/);
  repl.end();
  assert.is(await repl.code(), 0);
});

repls.long('two of them: one has the master, the other a slave', async () => {
  const first = new Session(process.execPath, args);
  const second = new Session(process.execPath, args);
  const [, port] = await first.line('master.masterPort', /> (\d+)\n/);
  await first.expect(/mw 0 slaves, 0 pending> /);
  await second.line(`const joined = await slave(${port}); typeof joined.stop`, /> 'function'/);
  await first.line("hello.funcall('other REPL')", /'TASK-0'\nmw 1 slave, 1 pending> /);
  await first.line('(await results())[0].packet', /'Hello World: other REPL'/);
  first.type('.exit\n');
  assert.is(await first.code(), 0);
  await second.line('await joined.finished', /> 0\n/);
  await second.line('const mine = await master(); mine.masterPort !== master.masterPort', /> true/);
  await second.line('await mine.stop()', /> /);
  second.kill('SIGTERM');
  assert.is(await second.code(), 143);
});

/** A command that runs another at a terminal of its own, or undefined. */
function terminal(command: string): readonly [string, readonly string[]] | undefined {
  return hasTerminals() ? ['script', ['-qfec', command, '/dev/null']] : undefined;
}

repls('at a terminal: the prompt follows the slaves, lines are kept, Ctrl-D ends with 0', async () => {
  const quoted = [process.execPath, ...args, '--slaves', '1'].map((word) => `'${word}'`).join(' ');
  const command = terminal(quoted);
  if (command === undefined) {
    console.log('no script of util-linux here: the REPL was not tried at a terminal');
    return;
  }
  const repl = new Session(...command);
  await repl.expect(/mw 1 slave, 0 pending> /);
  repl.type('hello.fun');
  repl.type('call("kept")\r');
  await repl.expect(/'TASK-0'/);
  await repl.expect(/mw 1 slave, 0 pending> /);
  repl.type('results()[0].packet\r');
  await repl.expect(/'Hello World: kept'/);
  repl.type('await new Promise(() => {})\r');
  repl.type('\x03');
  await repl.expect(/interrupted/);
  repl.type('killSlave("SLAVE-0")\r');
  await repl.expect(/mw 0 slaves, 0 pending> /);
  repl.type('\x04');
  assert.is(await repl.code(), 0);
  const history = join(state, 'ts-mw', 'repl-history');
  assert.match(readFileSync(history, 'utf8'), /^hello\.funcall\("kept"\)$/m);
  assert.is((statSync(history).mode & 0o777).toString(8), '600');

  appendFileSync(history, Array.from({ length: 1500 }, (_, i) => `${i}\n`).join(''));
  const again = new Session(...command);
  await again.expect(/pending> /);
  again.type('\x1b[A\x1b[A');
  await again.expect(/await new Promise/);
  again.type('\x03');
  again.type('\x04');
  assert.is(await again.code(), 0);
  assert.is(readFileSync(history, 'utf8').split('\n').length, 1000, 'it does not grow without bound');
});

repls.long('its audit file rotates at its size, and is opened anew on SIGHUP', async () => {
  const file = join(state, 'repl.log');
  const repl = new Session(process.execPath, [...args, '--audit-file', file, '--audit-max-size', '4k']);
  await repl.expect(/pending> /);
  await repl.line('for (let i = 0; i < 100; i++) master.cancel(hello.funcall("n")); "done"', /'done'/);
  await until('a rotated file', () => existsSync(`${file}.1`), LIMIT_MS);
  // Between its two steps a rotation leaves no file of this name.
  await until('a file to move away', () => hasMoved(file, `${file}.moved`), LIMIT_MS);
  repl.kill('SIGHUP');
  const reopened = () => existsSync(file) && readFileSync(file, 'utf8').includes('AUDIT REOPENED');
  await until('a file opened anew', reopened, LIMIT_MS);
  await repl.line('"still " + "here"', /'still here'/);
  repl.end();
  assert.is(await repl.code(), 0);
});

repls('from a pipe: SIGINT ends it as a master, also in the midst of an await', async () => {
  const file = join(state, 'stopped.audit');
  const repl = new Session(process.execPath, [...args, '--audit-file', file]);
  await repl.line('console.log("be" + "gun"); while (true);', /begun/);
  repl.kill('SIGINT');
  await repl.expect(/interrupted/);
  await repl.line('setTimeout(() => console.log("wai" + "ts")); await new Promise(() => {})', /waits/);
  repl.kill('SIGINT');
  assert.is(await repl.code(), 130);
  assert.match(readFileSync(file, 'utf8'), /SIGINT.*\[A\] FINI/s);
});

repls('it is for masters, and its flags are judged as ever', () => {
  const run = (...flags: string[]) =>
    spawnSync(process.execPath, [...args, ...flags], { encoding: 'utf8', input: '' });
  assert.match(run('--slave').stderr, /^--master: expected one role, got --slave too/);
  assert.match(run('--slaves', 'x').stderr, /^--slaves: expected a whole number/);
  assert.is(run('--slave').status, 255);
});

function hasMoved(from: string, to: string): boolean {
  if (!existsSync(from)) return false;
  renameSync(from, to);
  return true;
}

repls.run();
