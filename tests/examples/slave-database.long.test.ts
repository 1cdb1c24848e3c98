/** slave-database: the three slave loops give the same, and no database is left behind by a slave that failed. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documented } from './catalogue.js';
import { type Finished, runWithSlaves } from './run-example.js';

const test = suite('slave-database');
const { program, args, output } = documented('slave-database');

/** Its databases go to a folder that must be empty in the end. */
async function runAndLookBehind(args: readonly string[], slaves: 1 | 2): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-mw-databases-'));
  try {
    const finished = await runWithSlaves(program, undefined, args, { env: { TMPDIR: folder }, slaves });
    assert.equal(await readdir(folder), [], finished.stderr);
    return finished;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('slaves that fail are started again, and remove what they fetched', async () => {
  const { code, stdout, stderr, trail } = await runAndLookBehind(args, 2);
  assert.is(stdout, output, stderr);
  assert.is(code, 0);
  assert.match(stderr, /^Error: the database wore out after 20 tasks$/m);
  assert.match(trail, /LOCAL \d EXITED pid \d+ code 255/);
});

test('each of the loops runs all tasks', async () => {
  const loops = ['simple', 'all', 'iterate'].map((loop) => runAndLookBehind(['--loop', loop], 1));
  for (const { code, stdout, stderr } of await Promise.all(loops)) {
    assert.is(stdout, output);
    assert.is(stderr, '');
    assert.is(code, 0);
  }
});

test('a loop that there is not is refused, on slaves too', async () => {
  const { code, stdout, stderr } = await runAndLookBehind(['--loop', 'round'], 1);
  assert.match(stderr, /^--loop: expected simple or all or iterate, got "round"$/m);
  assert.is(stdout, '');
  assert.is(code, 255);
});

test.run();
