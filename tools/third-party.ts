/** The file of licences in dist/lib, which says whose code is part of the library. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const THIRD_PARTY = join(fileURLToPath(import.meta.url), '../../lib/THIRD-PARTY.txt');

export function thirdPartyHeading(name: string, version: string, licence: string): string {
  return `==== ${name} ${version}, ${licence}`;
}

/** Whose code it is: `NAME VERSION` each. */
export function thirdParties(): ReadonlySet<string> {
  const text = readFileSync(THIRD_PARTY, 'utf8');
  return new Set(Array.from(text.matchAll(/^==== (\S+ \S+), /gm), ([, party = '']) => party));
}
