/** The words for files that cannot be written. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isLasting, whyUnwritable } from '../../../src/audit/write/unwritable.js';

const test = suite('audit/write/unwritable');
const failed = (code: string): Error => Object.assign(new Error('no'), { code });
const here = join(tmpdir(), 'x.log');

const cases: readonly [code: string, path: string, why: string, lasts: boolean][] = [
  ['ENOENT', '/no/such/x.log', 'the folder /no/such does not exist; create it or name another file', true],
  ['ENOENT', here, `cannot write ${here} (ENOENT); name another file`, true],
  ['EISDIR', here, `${here} is a folder; name a file in it`, true],
  ['EACCES', here, `no permission to write ${here}`, true],
  ['ENOTDIR', here, `cannot write ${here} (ENOTDIR); name another file`, true],
  ['ENXIO', here, `${here} is a pipe or socket without a reader; start its reader first`, false],
  ['ENOSPC', here, `cannot write ${here} (ENOSPC); name another file`, false],
];

for (const [code, path, why, lasts] of cases) {
  test(`${code} for ${path}`, () => {
    assert.is(whyUnwritable(path, failed(code)), why);
    assert.is(isLasting(failed(code)), lasts);
  });
}

test.run();
