/** Slave processes of a server, from spares and as new processes: a program does not see a difference. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliCompressSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PreparedFiles, SlaveStarter } from '../../src/machines/server/slave-starter.js';
import { ORDER_PIPE, SPARE_SCRIPT } from '../../src/machines/server/spare-script.js';

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

/** Stands for the sentinel's. */
const THREAD = `const { parentPort } = require('node:worker_threads');
parentPort.on('message', (message) => parentPort.postMessage([message, process.env.TS_MW_TOKEN, process.execArgv.length]));`;

/** Stands for the library's. */
const LIBRARY = `"use strict";
let isPrepared = false;
exports.answer = () => [typeof require, require('node:path').basename('/a/b'), __mwAround.packed, isPrepared];
__mwAround.prepare = () => { isPrepared = true; return import('node:os'); };`;

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
  const sentinel = join(folder, 'thread.cjs');
  writeFileSync(sentinel, THREAD);
  const library = join(folder, 'library.cjs');
  writeFileSync(library, brotliCompressSync(LIBRARY));
  const starter = new SlaveStarter(folder, { sentinel, library });
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

/** Says which threads it finds prepared until none is there, and what they answer. */
const TAKER = `(async () => {
const { setTimeout: pause } = require('node:timers/promises');
const key = Symbol.for('ts-mw.prepared-thread');
const found = [];
while (globalThis[key] !== undefined) {
  const { name, text, worker } = globalThis[key];
  worker.ref();
  const answer = await new Promise((resolve) => {
    worker.once('message', resolve).once('exit', () => resolve('none')).postMessage('begin');
  });
  found.push([name, text.length, answer]);
  await worker.terminate();
  await pause(1);
}
process.stdout.write(JSON.stringify(found));
})();`;

interface SpareOf {
  readonly folder: string;
  readonly write: (name: string, content: string | Uint8Array) => string;
  /** The output of the program as a slave from a spare process that has these files; others are missing. */
  readonly facts: (files: Partial<PreparedFiles>) => Promise<unknown>;
}

async function withSparesOf(program: string, body: (spares: SpareOf) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw-starter-')));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const env = { TS_MW_TOKEN: 't' };
  const order = { bundle: write('program.cjs', program), args: [], cwd: folder, env, givesStreams: false };
  const missing = join(folder, 'missing.cjs');
  const facts = async (files: Partial<PreparedFiles>): Promise<unknown> => {
    const starter = new SlaveStarter(folder, { sentinel: missing, library: missing, ...files });
    starter.prepare(1, undefined);
    return (await ran(starter.start(order))).facts;
  };
  try {
    await body({ folder, write, facts });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('have a thread of the sentinel that waits, unless it failed', () =>
  withSparesOf(TAKER, async ({ write, facts }) => {
    const thread = write('thread.cjs', THREAD);
    const [waits, fails, missing] = await Promise.all([
      facts({ sentinel: thread }),
      facts({ sentinel: write('failing.cjs', 'throw 1') }),
      facts({}),
    ]);
    assert.equal(waits, [['sentinel', THREAD.length, ['begin', 't', 0]]]);
    // Whether it had failed before the slave began, or not
    assert.ok(JSON.stringify(fails) === '[]' || JSON.stringify(fails) === '[["sentinel",7,"none"]]');
    assert.equal(missing, []);
    const spare = spawn(process.execPath, [write('spare.cjs', SPARE_SCRIPT), thread], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    const said = Promise.all([
      text(spare.stdout as NodeJS.ReadableStream),
      text(spare.stderr as NodeJS.ReadableStream),
    ]);
    spare.stdio[ORDER_PIPE]?.destroy();
    assert.equal([(await once(spare, 'exit'))[0], ...(await said)], [0, '', '']);
  }));

const BORROWER = `(async () => {
const key = Symbol.for('ts-mw.prepared-library');
const { text, around, exports } = globalThis[key] ?? {};
if (around !== undefined) around.packed = 'these facts';
process.stdout.write(JSON.stringify([key in globalThis, text?.length, exports?.answer?.()]));
})();`;

test('have the library of the server, unless it cannot be loaded', () =>
  withSparesOf(BORROWER, async ({ write, facts }) => {
    const found = (name: string, script: string): Promise<unknown> =>
      facts({ library: write(name, brotliCompressSync(script)) });
    const rejecting = '__mwAround.prepare = async () => { throw 1; };';
    const [loaded, throws, rejects, torn, missing] = await Promise.all([
      found('library.cjs.br', LIBRARY),
      found('throwing.cjs.br', 'throw 1'),
      found('rejecting.cjs.br', rejecting),
      facts({ library: write('torn.cjs.br', brotliCompressSync(LIBRARY).subarray(0, -9)) }),
      facts({}),
    ]);
    const none = [false, null, null];
    assert.equal(loaded, [true, LIBRARY.length, ['function', 'b', 'these facts', true]]);
    assert.equal([throws, torn, missing], [none, none, none]);
    assert.equal(rejects, [true, rejecting.length, null]);
  }));

test.run();
