/** When a program's bundle is made again, and when not; what it says of addons. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { CodeCache } from '../../../src/machines/bundle/code-cache.js';
import { type ProgramBundle, programBundle } from '../../../src/machines/bundle/program-bundle.js';
import { stillHold, witnessesOf } from '../../../src/machines/bundle/witnesses.js';

const it = suite('the bundle of a program');

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw bundles-')));
it.after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

it('is made once, has the fingerprints it is given, and names addons', async () => {
  write('node_modules/plain/addon.node', 'not really');
  write('node_modules/plain/index.js', "module.exports = require('./addon.node');");
  const program = write('app.js', "try { require('plain'); } catch {}");
  const events: AuditEvent[] = [];
  const bundle = (algorithms: readonly { name: string; fingerprint: string }[]): Promise<ProgramBundle> =>
    programBundle({
      program,
      libraryVersion: '1.2.3',
      algorithms,
      cacheFolder: join(folder, 'cache'),
      audit: { emit: (event) => events.push(event) },
    });
  const first = await bundle([{ name: 'add', fingerprint: 'f1' }]);
  const again = await bundle([{ name: 'add', fingerprint: 'f1' }]);
  const other = await bundle([{ name: 'add', fingerprint: 'f2' }]);
  assert.equal([first.cached, again.cached, other.cached], [false, true, true]);
  assert.is(again.sha256, first.sha256);
  assert.is.not(other.sha256, first.sha256);
  assert.match(Buffer.from(first.bytes).toString(), /^const TS_MW_FINGERPRINTS = \{"add":"f1"\};$/m);
  assert.equal(first.addons, ['plain-addon.node']);
  const [made, warned, kept] = events;
  assert.ok(made?.type === 'program-bundled' && kept?.type === 'program-bundled');
  assert.equal(
    [made.code, made.bytes, made.addons, kept.code],
    ['made', first.bytes.length, 'plain-addon.node', 'kept'],
  );
  assert.ok(warned?.type === 'warning');
  assert.match(
    warned.text,
    /^plain-addon\.node: a native addon, which does not travel .* name its file there as the machine's program$/,
  );
});

it('is refused for a program that has changed since it was started, and runs', async () => {
  const program = write('running.js', '');
  const [node = '', typed = ''] = process.argv;
  process.argv[1] = program;
  try {
    await programBundle({
      program,
      libraryVersion: '1.2.3',
      algorithms: [],
      cacheFolder: join(folder, 'cache'),
    });
    assert.unreachable('it was made');
  } catch (error) {
    assert.match(
      String(error),
      /^UsageError: \/.*running\.js has changed since this program was started, .*; start the program again$/,
    );
  } finally {
    process.argv.splice(0, 2, node, typed);
  }
});

it('is not made of code whose sources, or what finds and compiles them, have changed', async () => {
  const app = write('code/src/app.ts', '');
  const inside = write('code/node_modules/dep/index.js', '');
  write('code/tsconfig.json', '{ // with comments\n "extends": "./base" }');
  write('code/base.json', '{}');
  const changes: readonly (readonly [name: string, text: string | undefined, holds: boolean])[] = [
    ['code/src/app.ts', 'changed', false],
    ['code/node_modules/dep/index.js', 'changed', false],
    ['code/src/app.js', 'could be found instead', false],
    ['code/package.json', '{ "imports": {} }', false],
    ['code/src/tsconfig.json', '{}', false],
    ['code/base.json', '{ "compilerOptions": {} }', false],
    ['code/node_modules/.package-lock.json', '{}', false],
    ['code/src/audit.txt', 'written next to it', true],
    ['code/node_modules/dep/other.js', 'not looked for', true],
  ];
  for (const [name, text, holds] of changes) {
    const before = await witnessesOf([app, inside]);
    assert.ok(await stillHold(before));
    write(name, text ?? '');
    assert.is(await stillHold(before), holds, name);
  }
});

it('comes from a cache that is whole, private and bounded', async () => {
  const place = join(folder, 'programs');
  const cache = new CodeCache(place);
  const kept = { code: Buffer.from('code\nof two lines'), addons: [], inputs: [], witnesses: {} };
  assert.is(await cache.find('none'), undefined);
  for (let i = 0; i < 40; i++) await cache.keep(`key ${i}`, kept);
  assert.is(readdirSync(place).length, 32);
  assert.is(String((await cache.find('key 39'))?.code), 'code\nof two lines');
  chmodSync(place, 0o777);
  assert.is(await cache.find('key 39'), undefined);
  chmodSync(place, 0o700);
  for (const [index, name] of readdirSync(place).entries()) {
    const file = join(place, name);
    writeFileSync(file, index % 2 === 0 ? '{"sha2' : readFileSync(file).subarray(0, -1));
  }
  for (let i = 8; i < 40; i++) assert.is(await cache.find(`key ${i}`), undefined);
  await new CodeCache('/dev/null/none').keep('key', kept);
});

it.run();
