/** Masters in the workers of node:cluster, which give one socket to all that listen on a port unless they are told not to. */
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programPath } from '../support/programs.js';

const LIMIT_MS = 60_000;

const test = suite('masters in a cluster');

test('each listens on ports of its own', () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [programPath('tests/programs/clustered.js')],
    {
      encoding: 'utf8',
      timeout: LIMIT_MS,
    },
  );
  assert.is(status, 0, stderr);
  const ports = JSON.parse(stdout) as number[];
  assert.is(ports.length, 8, stdout);
  assert.is(new Set(ports).size, 8, stdout);
});

test.run();
