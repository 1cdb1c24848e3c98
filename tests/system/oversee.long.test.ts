/** An overseer with real processes: it follows a resource file from before its master to the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withPrograms } from '../support/programs.js';

const test = suite('overseer');
const folder = mkdtempSync(join(tmpdir(), 'mw-oversee-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

test('an overseer starts what the resource file asks for, and ends with the computation', () =>
  withPrograms(async ({ start }) => {
    const resources = join(folder, 'm.rsc');
    const overseer = start('src/cli/ts-mw.js', [
      'oversee',
      '--resource-file',
      resources,
      '--max-slaves',
      '2',
    ]);
    await overseer.waitForLine(/WARNING waits: there is no resource file/);
    const master = start('overseen.js', ['--master', '--resource-file', resources]);
    assert.is(await master.code(), 0, master.report());
    assert.is(await overseer.code(), 0, overseer.report());
    assert.is(overseer.count(/LOCAL \d STARTED/), 2, overseer.report());
    assert.is(overseer.count(/LOCAL \d EXITED pid \d+ code 0$/), 2, overseer.report());
    assert.is(overseer.count(/WARNING the computation of .* is finished$/), 1);
  }));

test.run();
