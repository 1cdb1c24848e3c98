/** The flags that a program sets itself: their reading, and which ones give way to the command line. */

import { FlagError } from '../../errors.js';
import { flagName } from './flag-row.js';
import { rowOf } from './flag-table.js';
import { CREDENTIAL_KEYS } from './nats-flags.js';
import type { Flags } from './program-flags.js';
import type { GivenFlag } from './split-arguments.js';

/** The program's flags, as if they were typed first. Throws FlagError for those that it cannot set. */
export function givenByDefaults(defaults: Flags): GivenFlag[] {
  const given: GivenFlag[] = [];
  for (const [key, value] of Object.entries(defaults)) {
    const row = rowOf(key);
    if (row === undefined || row.use.whom === 'typist') {
      throw new FlagError(
        flagName(key),
        `${key} is not a flag that a program can set; see --help all for those`,
      );
    }
    if (value === undefined || value === false) continue;
    if (row.key !== 'dashboard' && (value === true) === row.takesValue) {
      const expected = row.takesValue ? 'a value' : 'true or false';
      throw new FlagError(row.name, `expected ${expected}, the program gave ${String(value)}; change ${key}`);
    }
    for (const one of Array.isArray(value) ? value : [value]) {
      given.push({ key: row.key, value: one === true ? true : String(one) });
    }
  }
  return given;
}

/** A program's default gives way to a typed flag that excludes it. */
export function isDisplaced(
  key: GivenFlag['key'],
  role: 'master' | 'slave',
  given: readonly GivenFlag[],
): boolean {
  const typed = (test: (key: string) => boolean) => given.some((flag) => test(flag.key));
  if (key === 'slaves' || key === 'servers' || key === 'serverTokenFile') return role === 'slave';
  if (key === 'natsUrl') {
    return typed((one) => one === 'natsUrl' || one === 'masterHost' || one === 'masterPort');
  }
  if (key === 'masterHost' || key === 'masterPort') return typed((one) => one === 'natsUrl');
  if (key === 'dataPort') return typed((one) => one === 'noDataPort' || one === 'natsUrl');
  if (key === 'noDataPort') return typed((one) => one === 'dataPort');
  return CREDENTIAL_KEYS.has(key) && typed((one) => CREDENTIAL_KEYS.has(one));
}
