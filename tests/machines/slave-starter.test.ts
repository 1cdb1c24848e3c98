/** Slave processes of a server, from spares and as new processes: a program does not see a difference. */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SlaveStarter } from '../../src/machines/server/slave-starter.js';

const test = suite('slave processes of a server');

const PROGRAM = `(async () => {
const { basename } = require('node:path');
const { join } = await import('node:path');
process.stdout.write(JSON.stringify({
  args: process.argv.slice(1).map((one) => basename(one)),
  flags: process.execArgv,
  isMain: require.main === module && process.mainModule === module,
  id: module.id,
  place: [__filename === process.argv[1], join(__dirname, 'x') === process.argv[1].replace(/[^/]*$/, 'x')],
  cwd: process.cwd(),
  variables: [process.env.TS_MW_TOKEN, process.env.TMPDIR, process.env.OTHER, process.env.TS_MW_SERVER_TOKEN, process.env.GLIBC_TUNABLES],
  parent: process.env.TS_MW_PARENT_PIPE,
  modules: Object.keys(require.cache).length,
  leads: process.pid === Number(require('node:fs').readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ')[2]),
  stack: new Error('x').stack.split('\\n')[1].replace(__dirname, '').replace(/^ *at .*\\(/, ''),
}));
})();`;

interface Ran {
  readonly from: string;
  readonly facts: unknown;
}

async function ran(child: ChildProcess): Promise<Ran> {
  const exited = once(child, 'exit');
  const [said, wrong] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  await exited;
  assert.is(wrong, '');
  return { from: basename(child.spawnargs[1] ?? ''), facts: JSON.parse(said) };
}

test('are alike from a spare that has compiled the bundle, from any other, and as new processes', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw-starter-')));
  const bundle = join(folder, 'program.cjs');
  const cwd = join(folder, 'slave');
  mkdirSync(cwd);
  writeFileSync(bundle, PROGRAM);
  const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
  process.env.TS_MW_SERVER_TOKEN = 'secret';
  const { GLIBC_TUNABLES } = process.env;
  process.env.GLIBC_TUNABLES = 'own';
  const starter = new SlaveStarter(folder);
  const env = { TS_MW_TOKEN: 't', TMPDIR: cwd };
  const order = { bundle, args: ['--slave', 'b'], cwd, env, givesStreams: true };
  try {
    const anew = await ran(starter.start(order));
    assert.is(anew.from, 'program.cjs');
    assert.equal((anew.facts as { variables: unknown }).variables, ['t', cwd, null, null, 'own']);
    starter.prepare(1, { bundle, sha256 });
    const compiled = await ran(starter.start(order));
    starter.prepare(1, { bundle, sha256: sha256.replace(/./g, '0') });
    const other = await ran(starter.start(order));
    assert.equal([compiled.from, other.from], ['spare.cjs', 'spare.cjs']);
    assert.equal(compiled.facts, anew.facts);
    assert.equal(other.facts, anew.facts);
    // Node would have read some variables when it started
    starter.prepare(1, undefined);
    const late = await ran(starter.start({ ...order, env: { ...env, OTHER: 'o' } }));
    assert.is(late.from, 'program.cjs');
    const spare = starter.start(order);
    starter.prepare(0, undefined);
    await starter.stop();
    assert.is((await ran(spare)).from, 'spare.cjs');
    starter.prepare(1, undefined);
    assert.is((await ran(starter.start(order))).from, 'program.cjs');
  } finally {
    delete process.env.TS_MW_SERVER_TOKEN;
    if (GLIBC_TUNABLES === undefined) delete process.env.GLIBC_TUNABLES;
    else process.env.GLIBC_TUNABLES = GLIBC_TUNABLES;
    await starter.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
