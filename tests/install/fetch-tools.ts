/**
 * Fetches what tests/install tries the library with, by the hashes of a lockfile, into dist/install-tools. Without
 * a registry it says so and is content: those tests are then skipped.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
