/** The packages installed with ts-mw: pinned by hash, no install scripts, under licences that only ask to be named. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { licencesText, lockedPackages, nameOf } from '../../tools/licences.js';
import { thirdParties } from '../../tools/third-party.js';
import { readDocument, root } from '../docs/read-docs.js';

const PERMISSIVE = new Set([
  'MIT',
  'Apache-2.0',
  'MIT OR Apache-2.0',
  'ISC',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '0BSD',
  'Unlicense',
]);

/** Packages with an install script, and why it need not run. */
const SCRIPTS: Readonly<Record<string, string>> = {
  lmdb: 'optional, for --checkpoint: the compiled part comes as a package for each platform; the script would compile it where there is none',
  'msgpackr-extract': 'the same; and lmdb does without it, only more slowly',
  esbuild: 'optional, for dump-exec: the program comes as a package for each platform; the script checks it',
};

const packages = lockedPackages();
const test = suite('security/supply chain');

test('every package is pinned by a hash, and comes from whatever registry npm is told', () => {
  assert.ok(packages.size > 50);
  for (const [place, { version, integrity, resolved }] of packages) {
    assert.match(version, /^\d+\.\d+\.\d+/, place);
    assert.match(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, place);
    assert.is(resolved, undefined, place);
  }
});

test('no install script runs, and those that there are need not', () => {
  const scripted = [...packages]
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([place]) => nameOf(place));
  assert.equal(scripted.sort(), Object.keys(SCRIPTS).sort());
  assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m);
});

test('what is installed has the licence that the lockfile says', () => {
  let installed = 0;
  for (const [place, { license, version }] of packages) {
    const file = join(root, place, 'package.json');
    if (!existsSync(file)) continue;
    const said = JSON.parse(readFileSync(file, 'utf8')) as { license?: string; version: string };
    assert.equal([said.license, said.version], [license, version], place);
    installed++;
  }
  assert.ok(installed > 30);
});

test('all licences are permissive', () => {
  for (const [place, { license }] of packages)
    assert.ok(PERMISSIVE.has(license ?? ''), `${place}: ${license}`);
});

test('whoever installs ts-mw installs nothing else, and what is in it is locked and named', () => {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies?: object;
    readonly peerDependencies: object;
    readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  };
  assert.equal(own.dependencies ?? {}, {});
  for (const name of Object.keys(own.peerDependencies)) {
    assert.is(own.peerDependenciesMeta[name]?.optional, true, name);
  }
  const locked = new Set([...packages].map(([place, { version }]) => `${nameOf(place)} ${version}`));
  const parties = [...thirdParties()];
  assert.ok(parties.some((party) => party.startsWith('nats ')));
  assert.equal(
    parties.filter((party) => !locked.has(party)),
    [],
  );
});

test('docs/licences.md is current (npm run licences)', () => {
  assert.is(readDocument('docs/licences.md'), licencesText());
});

test.run();
