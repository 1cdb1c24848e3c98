/** Makes docs/licences.md of the lockfile: every package that may be installed, its version and its licence. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { thirdParties } from './third-party.js';

const root = join(fileURLToPath(import.meta.url), '../../..');
const DOCUMENT = join(root, 'docs', 'licences.md');

/** A package's entry in the lockfile. */
export interface LockedPackage {
  readonly version: string;
  readonly license?: string | undefined;
  readonly integrity?: string | undefined;
  readonly resolved?: string | undefined;
  readonly hasInstallScript?: boolean | undefined;
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

export function licencesText(packages = lockedPackages(), parties = thirdParties()): string {
  return `# Licences

ts-mw is under [Apache-2.0](../LICENSE). \`npm run licences\` makes these tables of the lockfile; a test holds them to it,
and every licence to those that ask no more than to be named.

## Inside ts-mw

The package on npm has the code of these packages in it, and depends on none. \`dist/lib/THIRD-PARTY.txt\` has the texts
of their licences.

${table(packages, (party) => parties.has(party))}
## For its development

Of these lmdb is installed by those who want \`--checkpoint\`, esbuild and postject by those who want
\`dump-exec\`, @opentelemetry/api by those who trace. Packages for
one kind of machine are installed on that alone.

${table(packages, (party) => !parties.has(party))}`;
}

function table(packages: ReadonlyMap<string, LockedPackage>, belongs: (party: string) => boolean): string {
  const rows = new Set<string>();
  for (const [place, { version, license }] of packages) {
    const name = nameOf(place);
    if (belongs(`${name} ${version}`)) rows.add(`| ${name} | ${version} | ${license ?? 'unknown'} |\n`);
  }
  return `| package | version | licence |\n| --- | --- | --- |\n${[...rows].sort().join('')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, licencesText());
