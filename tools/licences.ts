/** Makes docs/licences.md of the lockfile: every package that may be installed, its version and its licence. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const DOCUMENT = join(root, 'docs', 'licences.md');

/** What the lockfile says of a package. */
export interface LockedPackage {
  readonly version: string;
  readonly license?: string | undefined;
  readonly integrity?: string | undefined;
  readonly resolved?: string | undefined;
  readonly hasInstallScript?: boolean | undefined;
  readonly dev?: boolean | undefined;
}

/** By place, such as `node_modules/lmdb`; not the package itself. */
export function lockedPackages(): ReadonlyMap<string, LockedPackage> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return new Map(Object.entries(lock.packages).filter(([place]) => place !== ''));
}

/** The name of the package at a place. */
export function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

export function licencesText(packages = lockedPackages()): string {
  return `# Licences

ts-mw is under [Apache-2.0](../LICENSE). \`npm run licences\` makes these tables of the lockfile; a test holds them to it,
and every licence to those that ask no more than to be named. Packages for one kind of machine are installed on that
alone.

## With ts-mw

${table(packages, false)}
## For its development alone

${table(packages, true)}`;
}

function table(packages: ReadonlyMap<string, LockedPackage>, dev: boolean): string {
  const rows = new Set<string>();
  for (const [place, { version, license, dev: forDevelopment = false }] of packages) {
    if (forDevelopment === dev) rows.add(`| ${nameOf(place)} | ${version} | ${license ?? 'unknown'} |\n`);
  }
  return `| package | version | licence |\n| --- | --- | --- |\n${[...rows].sort().join('')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, licencesText());
