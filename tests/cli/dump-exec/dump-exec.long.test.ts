/**
 * hello-world as one executable, run where there is neither Node nor node_modules: as a master with local
 * slaves, and as a master and a slave that meet by a resource file.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { withoutNotices } from '../../support/notices.js';
import { programPath, until, within } from '../../support/programs.js';
import { suiteInTurns } from '../../support/turns.js';

const dump = suiteInTurns('dump-exec');

const LIMIT_MS = 60_000;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts mw dump-')));
const started: ChildProcess[] = [];
dump.after(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const command = (...args: string[]) =>
  spawnSync(process.execPath, [programPath('src/cli/ts-mw.js'), ...args], { encoding: 'utf8', cwd: folder });

function start(
  executable: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(executable, args, {
    cwd: folder,
    env: { PATH: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return within(LIMIT_MS, ended, () => stdout + stderr).then((code) => ({ code, stdout, stderr }));
}

const greetings = (text: string): string[] => text.trimEnd().split('\n').sort();

const EXPECTED = Array.from({ length: 10 }, (_, i) => `Got result from slave: Hello World: Task ${i}`);

dump.long('one file is the program, as master and as slave', async () => {
  const dumped = command('dump-exec', programPath('examples/hello-world.js'), '--exec-name', 'hello');
  assert.equal([dumped.status, dumped.stderr], [0, '']);
  assert.match(dumped.stdout, /^hello: \d+ MB, with node v\S+ for \w+-\w+\n/);
  const addons = Array.from(
    dumped.stdout.matchAll(/^native addon, needed beside it: (.*)$/gm),
    ([, name]) => name,
  );
  assert.equal(readdirSync(folder).sort(), ['hello', ...addons].sort(), 'nothing else is left there');

  const hello = join(folder, 'hello');
  const file = join(folder, 'm.rsc');
  const withLocals = start(hello, ['--master', '--slaves', '2', '--audit-file', join(folder, 'audit.txt')]);
  const trail = join(folder, 'alone.txt');
  const shown = ['--dashboard', '--audit-file', trail];
  const master = start(hello, ['--master', '--member-id', 'alone', '--resource-file', file, ...shown]);
  await until('the resource file is there', () => existsSync(file));
  // The page's files are inside
  let origin: string | undefined;
  await until('its address is told', () => {
    origin = /DASHBOARD READY (\S+)/.exec(readFileSync(trail, 'utf8'))?.[1];
    return origin !== undefined;
  });
  for (const [path, text] of [
    ['/', '<script src="/app.js">'],
    ['/app.js', 'class App'],
    ['/app.css', 'body'],
  ] as const) {
    const answer = await fetch(`${origin}${path}`);
    assert.is(answer.status, 200);
    assert.match(await answer.text(), text);
  }
  const resource = JSON.parse(readFileSync(file, 'utf8'));
  assert.is(resource['slave-executable'], hello);
  const slave = start(resource['slave-executable'], resource['slave-arguments']);

  for (const ended of [await withLocals, await master]) {
    assert.equal(greetings(ended.stdout), EXPECTED, ended.stderr);
    assert.is(ended.code, 0);
  }
  const own = withoutNotices((await withLocals).stderr);
  assert.is(own, '', 'nothing about experiments, nothing of local slaves');
  const { code, stderr } = await slave;
  assert.is(code, 0, stderr);
  const printed = await start(hello, ['--master', '--print-batch', 'systemd', '--slave-concurrency', '3']);
  const [, line] = /^ExecStart=(.* --slave .*)$/m.exec(printed.stdout) ?? [];
  assert.is(
    line?.replaceAll('"', ''),
    `:${hello} --slave --resource-file=${join(folder, 'hello.rsc')} --slave-concurrency=3`,
  );
  const version = await start(hello, ['--version']);
  assert.is(
    version.stdout,
    spawnSync(process.execPath, [programPath('examples/hello-world.js'), '--version'], {
      encoding: 'utf8',
    }).stdout.replace('hello-world', 'hello'),
  );

  for (const addon of addons) rmSync(join(folder, addon ?? ''));
  const bereft = await start(hello, ['--master', '--checkpoint', join(folder, 'results')]);
  assert.is(bereft.code, 255);
  assert.match(bereft.stderr, /lmdb, which keeps .*results, cannot be loaded: .*\.node: .*$/m);
});

dump('it says in one line what is wrong, and exits 255', () => {
  for (const [args, line] of [
    [['dump-exec', 'none.js'], /^there is no .*none\.js; build the program and name its compiled file\n$/],
    [
      ['dump-exec', programPath('examples/hello-world.js'), '--exec-name', 'none/hello'],
      /^--exec-name: the folder .*none does not exist; create it or name another file\n$/,
    ],
    [
      ['dump-exec', programPath('examples/hello-world.js'), '--exec-name', '.'],
      /^--exec-name: .* is a folder; name a file in it\n$/,
    ],
    [['dump-exec'], /^expected a program, got none; type ts-mw dump-exec PROGRAM, such as dist\/app\.js\n$/],
    [[], /^expected a command; type ts-mw server, or ts-mw --help for all\n$/],
    [
      ['dump-exec', 'a.js', '--wrong'],
      /^ts-mw dump-exec: unknown argument: wrong; type ts-mw dump-exec --help\n$/,
    ],
    [['servr'], /^there is no command servr; did you mean ts-mw server\?\n$/],
    [['xyzzy'], /^there is no command xyzzy; type ts-mw --help for all\n$/],
    [
      ['server', '--port'],
      /^ts-mw server: not enough arguments following: port; type ts-mw server --help\n$/,
    ],
  ] as const) {
    const { status, stdout, stderr } = command(...args);
    assert.match(stderr, line);
    assert.equal([status, stdout], [255, '']);
  }
});

dump.run();
