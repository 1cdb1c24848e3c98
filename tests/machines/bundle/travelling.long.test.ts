/**
 * A program that is written in TypeScript and started by a runner: its bundle is a slave in an empty folder, without
 * the program's files and packages, of a master that runs from them.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programBundle } from '../../../src/machines/bundle/program-bundle.js';
import { until, withPrograms } from '../../support/programs.js';

const it = suite('a program that travels');

const root = fileURLToPath(new URL('../../../..', import.meta.url));

const SOURCES: Readonly<Record<string, string>> = {
  // As tsx and other runners do it, without the package
  'runner.mjs': "import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);",
  'hooks.mjs': `
import { readFileSync } from 'node:fs';
import { transformSync } from ${JSON.stringify(import.meta.resolve('esbuild'))};
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = transformSync(readFileSync(new URL(url), 'utf8'), { loader: 'ts', format: 'esm' });
  return { format: 'module', source: code, shortCircuit: true };
}`,
  'package.json': '{ "type": "module", "name": "traveller", "version": "3.2.1" }',
  'node_modules/old/package.json': '{ "name": "old" }',
  'node_modules/old/index.js': "const { EOL } = require('os'); exports.eol = () => EOL;",
  'table.json': '{ "answer": 42 }',
  'data.txt': 'a file beside the program',
  'note.txt': 'a file of the master',
  'worker.ts': `
import { parentPort, workerData } from 'node:worker_threads';
const n: number = workerData;
parentPort?.postMessage(n * n);`,
  'part.ts': `
import { fileURLToPath } from 'node:url';
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log('the part took itself for the program');
export const letter: string = await Promise.resolve('w');`,
  'app.ts': `
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { eol } from 'old';
import { defineActor, defineAlgorithm, defineMaster, initialize, pmap, portable, shareFile } from 'ts-mw';
import { letter } from './part.ts';
import table from './table.json' with { type: 'json' };

enum Colour { Red = 'red' }

const told = new Map<string, string>();
function define<F extends (...args: never[]) => unknown>(name: string, fn: F) {
  told.set(name, Function.prototype.toString.call(fn));
  return defineAlgorithm(name, fn);
}
const letters = define('letters', (times: number): string => letter.repeat(times) + eol() + Colour.Red + table.answer);
const squared = define('squared', (n: number) => new Promise<number>((resolve, reject) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: n });
  worker.once('message', resolve);
  worker.once('error', reject);
}));
const place = define('place', (): string[] => [basename(fileURLToPath(import.meta.url)), ...readdirSync(dirname(process.argv[1] ?? '')), readFileSync(new URL('./data.txt', import.meta.url), 'utf8')]);
const read = define('read', (path: string): string => readFileSync(path, 'utf8'));
class Counter {
  #count = 0;
  add(n: number): number { return this.#count += n; }
}
const Counters = defineActor('counter', Counter);
for (const name of ['counter', 'counter.add', 'counter.stop']) told.set(name, name + '\\n' + String(Counter));
defineMaster(async () => {
  console.log(JSON.stringify([...told]));
  const counter = await Counters.create();
  await counter.add(2);
  const count = await counter.add(3);
  await counter.stop();
  const unit = 7;
  console.log(JSON.stringify([
    count, await letters.future(2), await squared.future(9), await place.future(),
    await read.future(await shareFile(fileURLToPath(new URL('./note.txt', import.meta.url)))),
    await pmap(portable((x: number) => x * unit, { unit }), [1, 2, 3]),
  ]));
  return 0;
});
await initialize();`,
};

it('is a slave in an empty folder', async () => {
  await withPrograms(async ({ folder: given, start }) => {
    const folder = realpathSync(given);
    for (const [name, text] of Object.entries(SOURCES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    symlinkSync(root, join(folder, 'node_modules', 'ts-mw'));
    const program = join(folder, 'app.ts');
    const file = join(folder, 'm.rsc');
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(folder, 'runner.mjs')).href}` };
    const master = start(program, ['--master', '--resource-file', file], { env });
    await until('the master told its sources', () => master.out.length > 0);
    const sources = JSON.parse(master.out[0] ?? '') as [name: string, text: string][];
    const { bytes, addons } = await programBundle({
      program,
      libraryVersion: 'unused',
      programVersion: '3.2.1',
      algorithms: sources.map(([name, text]) => ({
        name,
        fingerprint: createHash('sha256').update(text).digest('hex'),
      })),
      cacheFolder: join(folder, 'cache'),
    });
    assert.equal(addons, []);
    const away = join(folder, 'away');
    mkdirSync(away);
    const script = join(away, 'app.cjs');
    writeFileSync(script, bytes);
    await until('the master is there', () => existsSync(file));
    const slave = start(script, ['--slave', '--resource-file', file], { cwd: away });
    assert.is(await master.code(), 0, master.report());
    assert.is(await slave.code(), 0, slave.report());
    const [, line = ''] = master.out;
    assert.equal(JSON.parse(line), [
      5,
      'ww\nred42',
      81,
      ['app.cjs', 'app.cjs', 'a file beside the program'],
      'a file of the master',
      [7, 14, 21],
    ]);
    assert.equal([slave.out, master.out.length], [[], 2], 'no part took itself for the program');
    assert.is(master.count(/other code/), 0);
    assert.equal(readdirSync(away), ['app.cjs', 'app.cjs.files']);
  });
});

it.run();
