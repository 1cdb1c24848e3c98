/** The packed library, as users see it when it throws. */

import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';

/** Characters of a terminal with 24 lines. */
const SCREEN = 24 * 80;

const bundle = suite('packed library');

bundle('an error that nobody catches fits on a screen, with the line of the library that threw it', () => {
  const program =
    "import { defineAlgorithm } from 'ts-mw'; defineAlgorithm('square', (n) => n * n, { retries: 2 });";
  const args = ['--input-type=module', '--eval', program];
  const { stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  assert.match(stderr, /UsageError: algorithm "square" has no option "retries"/);
  assert.ok(stderr.length < SCREEN, `${stderr.length} characters`);
});

bundle.run();
