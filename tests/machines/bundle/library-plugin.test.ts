/** Bundles whose library is a script of its own: the program finds it there, or as it was loaded in advance. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AROUND_LIBRARY } from '../../../src/machines/bundle/library-plugin.js';
import { makeProgramCode } from '../../../src/machines/bundle/program-code.js';
import { textsAroundCode } from '../../../src/machines/bundle/program-script.js';
import { PREPARED_LIBRARY } from '../../../src/machines/library-script.js';

const it = suite('a bundle with its library');

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw library-')));
it.after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

// A path with what patterns take for themselves
write('lib (1)+/package.json', '{ "type": "module", "name": "library", "exports": "./index.js" }');
const library = {
  module: write('lib (1)+/index.js', 'export const name = "not in the code"; export const facts = () => [];'),
  file: write(
    'lib (1)+/library.cjs',
    `"use strict";
     globalThis.loads = (globalThis.loads ?? 0) + 1;
     exports.name = 'the script';
     exports.base = require('node:path').basename;
     exports.facts = () => [__mwAround.packed?.libraryVersion, __mwAround.fingerprints?.a, exports.base(__mwAround.meta.url ?? '')];
     __mwAround.prepare = async () => { globalThis.prepared = true; };`,
  ),
};

/** The output of a program in its bundle, after `before` has run in the same process. */
async function output(source: string, before = ''): Promise<unknown> {
  const program = write('app.mjs', source);
  const { code, inputs } = await makeProgramCode(program, 'bundle', library);
  assert.ok(inputs.includes(library.module));
  const around = textsAroundCode({ kind: 'bundle', libraryVersion: '1.2.3', fingerprints: { a: 'f' } });
  const script = AROUND_LIBRARY.before + readFileSync(library.file, 'utf8') + AROUND_LIBRARY.after;
  const bundle = write('far/bundle.cjs', before + around.before + script + code + around.after);
  const { stdout, stderr } = spawnSync(process.execPath, [bundle], { encoding: 'utf8', cwd: '/' });
  assert.is(stderr, '');
  return JSON.parse(stdout);
}

it('has it once, however the program imports it, and not in its own code', async () => {
  write('part.mjs', "export * from './lib (1)+/index.js'; export * as all from './lib (1)+/index.js';");
  const found = await output(
    `import { name, facts as told } from './lib (1)+/index.js';
     import * as mw from './lib (1)+/index.js';
     import { all, base } from './part.mjs';
     const late = await import('./lib (1)+/index.js');
     console.log(JSON.stringify([name, told(), mw.name, all.name, base('/a/b'), late.name, late.facts === told, loads]));`,
  );
  const facts = ['1.2.3', 'f', 'ts-mw.js'];
  assert.equal(found, ['the script', facts, 'the script', 'the script', 'b', 'the script', true, 1]);
});

it('finds no other packages than Node has', async () => {
  const code = "exports.late = () => { try { require('nobody'); } catch (error) { return error.code; } };";
  const kept = readFileSync(library.file, 'utf8');
  writeFileSync(library.file, code);
  try {
    const found = await output(
      `import { late } from './lib (1)+/index.js'; console.log(JSON.stringify(late()));`,
    );
    assert.is(found, 'MODULE_NOT_FOUND');
  } finally {
    writeFileSync(library.file, kept);
  }
});

it('takes one that was loaded in advance if it is the same, and tells it what is around it now', async () => {
  const source = `import { name, facts } from './lib (1)+/index.js';
    console.log(JSON.stringify([name, facts(), globalThis.loads ?? 0, Symbol.for('${PREPARED_LIBRARY}') in globalThis]));`;
  const preparing = (change: string): string => `{
    const text = require('node:fs').readFileSync(${JSON.stringify(library.file)}, 'utf8')${change};
    const around = { meta: {} };
    const exports = { name: 'in advance', facts: () => [around.packed.libraryVersion, around.fingerprints.a, around.meta.filename] };
    globalThis[Symbol.for('${PREPARED_LIBRARY}')] = { text, around, exports };
  }\n`;
  const filename = join(folder, 'far', 'ts-mw.js');
  assert.equal(await output(source, preparing('')), ['in advance', ['1.2.3', 'f', filename], 0, false]);
  const other = ['the script', ['1.2.3', 'f', 'ts-mw.js'], 1, false];
  assert.equal(await output(source, preparing(" + ' '")), other);
  assert.equal(await output(source, preparing('.slice(1)')), other);
});

it('leaves it in the code of its workers', async () => {
  write(
    'worker.mjs',
    `import { parentPort } from 'node:worker_threads';
     import { name } from './lib (1)+/index.js';
     parentPort.postMessage(name);`,
  );
  const found = await output(
    `import { Worker } from 'node:worker_threads';
     import { name } from './lib (1)+/index.js';
     const worker = new Worker(new URL('./worker.mjs', import.meta.url));
     worker.once('message', (theirs) => console.log(JSON.stringify([name, theirs])));`,
  );
  assert.equal(found, ['the script', 'not in the code']);
});

it('the library itself reads nothing of the process while it is loaded', () => {
  const script = fileURLToPath(new URL('../../../lib/ts-mw-library.cjs.br', import.meta.url));
  const program = write(
    'load.cjs',
    `const fs = require('node:fs');
     const text = require('node:zlib').brotliDecompressSync(fs.readFileSync(${JSON.stringify(script)})).toString();
     const run = new Function('exports', 'require', 'module', '__mwAround', text);
     const read = new Set();
     // Of the others some cannot be watched
     const NAMES = ['argv', 'env', 'execArgv', 'stdin', 'stdout', 'stderr', 'cwd', 'on', 'once', 'pid', 'send', 'channel', 'connected'];
     for (const name of NAMES) {
       const { value = process[name] } = Object.getOwnPropertyDescriptor(process, name) ?? {};
       Object.defineProperty(process, name, { configurable: true, get() {
         const [, , reader = ''] = new Error().stack.split('\\n');
         if (!reader.includes('node:')) read.add(name);
         return value;
       } });
     }
     const open = process.getActiveResourcesInfo().length;
     const around = { meta: {} };
     const main = { exports: {} };
     run(main.exports, require, main, around);
     around.prepare().then(() => {
       const found = [[...read], typeof main.exports.makeKernel, process.getActiveResourcesInfo().length - open];
       read.clear();
       process.env;
       fs.writeSync(1, JSON.stringify([...found, [...read]]));
     });`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  assert.is(stderr, '');
  // The last is a reading, to see that readings are seen
  assert.equal(JSON.parse(stdout), [[], 'function', 0, ['env']]);
});

it.run();
