/** Programs whose output goes nowhere: closed pipes and full disks end neither a master nor a slave. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { programPath, type StartOptions, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('lost output');

const LIMIT_MS = 60_000;

interface Ending {
  readonly code: number;
  /** The trails of the master and of its slave. */
  readonly master: string;
  readonly slave: string;
}

type Closed = 'stdout' | 'stderr';

/** A master with one local slave, both of which print, whose pipes of these names nobody reads. */
async function run(options: StartOptions, closed: readonly Closed[] = []): Promise<Ending> {
  let ending: Ending | undefined;
  await withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'audit');
    const args = ['--master', '--slaves', '1', '--audit-file', file];
    const program = start('chatty.js', args, options);
    for (const name of closed) program.child[name]?.destroy();
    const code = await program.code(LIMIT_MS);
    ending = { code, master: readFileSync(file, 'utf8'), slave: readFileSync(`${file}.slaves`, 'utf8') };
  });
  return ending as Ending;
}

/** All tasks were done, by the slave that was started first. */
function expectDone({ code, master, slave }: Ending, told: RegExp): void {
  assert.is(code, 0, master);
  assert.is(master.match(/LOCAL 0 STARTED/g)?.length, 1, master);
  for (const trail of [master, slave]) assert.is(trail.match(told)?.length, 1, `${told} once in\n${trail}`);
}

test.long('closed pipes are told once, and all tasks are done', async () => {
  expectDone(await run({}, ['stdout']), /WARNING standard output takes nothing \(EPIPE\)/g);
  expectDone(await run({}, ['stderr']), /WARNING standard error takes nothing \(EPIPE\)/g);
  const both = await run({}, ['stdout', 'stderr']);
  for (const name of ['output', 'error']) expectDone(both, new RegExp(`WARNING standard ${name} takes`, 'g'));
});

test.long('so is a full disk', async () => {
  if (!existsSync('/dev/full')) return;
  const full = openSync('/dev/full', 'w');
  try {
    expectDone(await run({ stdout: full }), /WARNING standard output takes nothing \(ENOSPC\)/g);
    expectDone(await run({ stderr: full }), /WARNING standard error takes nothing \(ENOSPC\)/g);
  } finally {
    closeSync(full);
  }
});

test('behind a reader that has read enough the program comes to its end', () =>
  withPrograms(async ({ folder }) => {
    const file = join(folder, 'audit');
    const code = join(folder, 'code');
    const command = `{ "$0" "$1" --master --slaves 1 --audit-file "$2"; echo $? > "$3"; } | head -n 1`;
    const args = ['-c', command, process.execPath, programPath('chatty.js'), file, code];
    const shell = spawnSync('sh', args, { encoding: 'utf8', timeout: LIMIT_MS });
    assert.is(shell.stdout.split('\n').length, 2, shell.stdout);
    assert.is(readFileSync(code, 'utf8'), '0\n', readFileSync(file, 'utf8'));
  }));

test('--help is cut off as well', () => {
  const command = `{ "$0" "$1" --help; echo $? >&2; } | head -c 1`;
  const shell = spawnSync('sh', ['-c', command, process.execPath, programPath('chatty.js')], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  assert.is(shell.stderr, '0\n');
});

test.run();
