/** Packed programs, run by node as the scripts they are: top-level awaits, workers, builtins, addons, mistakes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PackedFacts } from '../../../src/machines/bundle/packed-program.js';
import { makeProgramCode } from '../../../src/machines/bundle/program-code.js';
import { programScript } from '../../../src/machines/bundle/program-script.js';

const it = suite('a packed program');

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw bundle-')));
it.after(() => rmSync(folder, { recursive: true, force: true }));

async function pack(
  program: string,
  kind: PackedFacts['kind'] = 'executable',
): Promise<{ code: string; addons: ReadonlyMap<string, string> }> {
  const { code, addons } = await makeProgramCode(program, kind);
  return { code: programScript(code, { kind, libraryVersion: '1.2.3' }), addons };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** From another folder, where none of its files are found. */
function run(code: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [write('bundle.cjs', code)], {
    encoding: 'utf8',
    cwd: '/',
  });
  assert.is(stderr, '');
  return JSON.parse(stdout);
}

it('makes a script of modules, top-level awaits and exports', async () => {
  write('node_modules/old/index.js', "const { EOL } = require('os'); exports.eol = () => EOL;");
  write(
    'part.mjs',
    "import * as path from 'node:path'; export const part = await Promise.resolve(path.basename('/a/b'));",
  );
  const program = write(
    'app.mjs',
    `import { eol } from 'old';
     import process, { argv } from 'node:process';
     import { dirname } from 'node:path';
     export const found = [];
     const { part } = await import('./part.mjs');
     found.push(part, eol(), process.argv === argv, dirname(import.meta.filename) === import.meta.dirname);
     found.push(import.meta.filename === process.execPath, TS_MW_PACKED.kind, TS_MW_PACKED.libraryVersion);
     console.log(JSON.stringify(found));`,
  );
  const { code, addons } = await pack(program);
  assert.equal(run(code), ['b', '\n', true, true, true, 'executable', '1.2.3']);
  assert.is(addons.size, 0);
});

it('holds what its modules require by name with a createRequire of their own place', async () => {
  write('node_modules/made/index.js', "exports.made = 'of a package';");
  write('old/part.cjs', 'exports.loads = (globalThis.loads ?? 0) + 1; globalThis.loads = exports.loads;');
  write('old/table.json', '[1, 2]');
  write(
    'old/inside.mjs',
    `import module from 'node:module';
     const load = module.createRequire(import.meta.url);
     export const table = load('./table.json');
     export const same = () => load('./part.cjs');`,
  );
  const program = write(
    'requires.mjs',
    `import { createRequire } from 'node:module';
     import { same, table } from './old/inside.mjs';
     const require = createRequire(import.meta.url);
     const before = globalThis.loads;
     const part = require('./old/part.cjs');
     const { made } = createRequire(import.meta.url)("made");
     let missing;
     try { require('./none.cjs'); } catch ({ code }) { missing = code; }
     const own = [require('node:os').EOL, typeof require.resolve, missing];
     console.log(JSON.stringify([before ?? 'lazy', part.loads, same() === part, table, made, own]));`,
  );
  for (const kind of ['executable', 'bundle'] as const) {
    const { code } = await pack(program, kind);
    const own = ['\n', 'function', 'MODULE_NOT_FOUND'];
    assert.equal(run(code), ['lazy', 1, true, [1, 2], 'of a package', own]);
  }
});

it("holds the program's workers and what they import", async () => {
  write(
    'deep/letter.cjs',
    "exports.letter = __dirname === require('node:path').dirname(__filename) ? 'w' : 'x';",
  );
  write(
    'deep/worker.mjs',
    `import { parentPort, workerData } from 'node:worker_threads';
     import { letter } from './letter.cjs';
     parentPort.postMessage(await Promise.resolve(letter + workerData));`,
  );
  const program = write(
    'workers.mjs',
    `import { Worker } from 'node:worker_threads';
     import { once } from 'node:events';
     const worker = new Worker(new URL('./deep/worker.mjs', import.meta.url), { workerData: 7 });
     console.log(JSON.stringify(await once(worker, 'message')));`,
  );
  const { code } = await pack(program);
  assert.equal(run(code), ['w7']);
});

it('is the program to its own module alone, in CommonJS too', async () => {
  write('other.cjs', 'exports.isMain = require.main === module;');
  const program = write(
    'main.cjs',
    "const { isMain } = require('./other.cjs'); if (require.main === module) console.log(JSON.stringify([isMain]));",
  );
  const { code } = await pack(program, 'bundle');
  assert.equal(run(code), [false]);
});

it('collects native addons, required by name or sought by a loader', async () => {
  write('node_modules/plain/addon.node', 'not really');
  write('node_modules/plain/index.js', "module.exports = () => require('./addon.node');");
  write('node_modules/bindings/index.js', "throw new Error('it is replaced');");
  write('node_modules/@scope/sought/build/Release/sought.node', 'not really');
  write('node_modules/@scope/sought/index.js', "module.exports = () => require('bindings')('sought.node');");
  const program = write(
    'addons.mjs',
    `import plain from 'plain';
     import sought from '@scope/sought';
     const messages = [plain, sought].map((load) => { try { load(); } catch (error) { return error.message; } });
     console.log(JSON.stringify(messages));`,
  );
  const { code, addons } = await pack(program);
  assert.equal(Object.fromEntries(addons), {
    'plain-addon.node': join(folder, 'node_modules/plain/addon.node'),
    'sought-sought.node': join(folder, 'node_modules/@scope/sought/build/Release/sought.node'),
  });
  const messages = run(code);
  assert.ok(Array.isArray(messages));
  assert.match(messages[0], /^\S+plain-addon\.node: cannot open shared object|dlopen/);
  assert.match(messages[1], /sought-sought\.node/);
});

it('has the parser of portable functions', async () => {
  const program = write(
    'portable.mjs',
    `import { portable } from ${JSON.stringify(fileURLToPath(import.meta.resolve('ts-mw')))};
     const unit = 2;
     const told = [];
     for (const captures of [{ unit }, undefined]) {
       try { told.push(portable((x) => x * unit, captures)(4)); } catch (error) { told.push(error.message); }
     }
     console.log(JSON.stringify(told));`,
  );
  const { code } = await pack(program);
  const [product, message] = run(code) as [number, string];
  assert.is(product, 8);
  assert.match(message, /^this function uses unit \(line 1, column 12 of its source\)/);
});

it('does without lmdb where that is not installed, and says so when it is asked for', async () => {
  const program = write(
    'optional.mjs',
    "console.log(JSON.stringify(await import('lmdb').catch((error) => error.message)));",
  );
  const { code, addons } = await pack(program);
  assert.is(run(code), 'the executable was made without it; type npm install lmdb, and make it again');
  assert.is(addons.size, 0);
});

it('says in one line what it cannot bundle, and where', async () => {
  const wrong = async (source: string): Promise<string> => {
    const file = write('wrong.mjs', source);
    return pack(file).then(
      () => 'bundled',
      (error: unknown) => (error instanceof Error ? `${error.name} ${error.message}` : ''),
    );
  };
  assert.match(
    await wrong("\nimport x from 'no-such-package';"),
    /^UsageError \S+.*wrong\.mjs:2:14: Could not resolve "no-such-package"$/,
  );
  assert.match(await wrong('const const'), /^UsageError \S+.*wrong\.mjs:1:6: [^\n]+$/);
});

it.run();
