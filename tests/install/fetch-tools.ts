/**
 * Fetches what the long tests try the library with, by the hashes of a lockfile, into dist/install-tools, and builds the
 * package kerberos. Without a registry, or a compiler, it says so and is content: those tests are then skipped.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../docs/read-docs.js';
import { TOOLS } from './support.js';

const FILES = ['package.json', 'package-lock.json'];
const LIMIT_MS = 300_000;

mkdirSync(TOOLS, { recursive: true });
for (const file of FILES) copyFileSync(join(root, 'tests', 'install', 'tools', file), join(TOOLS, file));
const { status, stderr } = spawnSync(
  'npm',
  ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'],
  { cwd: TOOLS, encoding: 'utf8', timeout: LIMIT_MS },
);
if (status !== 0) console.log(`tests/install will be skipped, for its tools did not come: ${stderr.trim()}`);
else buildKerberos();

/** By the node-gyp that npm has, with the headers that lie beside this Node: its own script would ask other hosts. */
function buildKerberos(): void {
  const gyp = spawnSync('npm', ['config', 'get', 'node-gyp'], { encoding: 'utf8' }).stdout.trim();
  const headers = dirname(dirname(realpathSync(process.execPath)));
  const built = spawnSync(process.execPath, [gyp, 'rebuild', `--nodedir=${headers}`, '--loglevel=error'], {
    cwd: join(TOOLS, 'node_modules', 'kerberos'),
    encoding: 'utf8',
    env: { ...process.env, CXXFLAGS: '-O0' },
    timeout: LIMIT_MS,
  });
  if (built.status === 0) return;
  const errors = `${built.stdout}${built.stderr}`.split('\n').filter((line) => /error/i.test(line));
  console.log(
    `tests of Kerberos will be skipped, for it was not built: ${errors[0] ?? built.error?.message}`,
  );
}
