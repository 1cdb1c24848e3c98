/** Whether the master that holds a checkpoint's folder is taken to be alive: on this machine, and on another one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beginBeat, isAlive } from '../../../src/master/checkpoint/checkpoint-holder.js';

const test = suite('master/checkpoint-holder');
const here = hostname();

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-holder-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a holder with our own process id was an earlier process', () =>
  inFolder(async (folder) => {
    assert.not(await isAlive({ pid: process.pid, host: here, token: 'x' }, folder));
  }));

test('a holder of this machine that ends within half a second has ended', () =>
  inFolder(async (folder) => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const alive = isAlive({ pid: child.pid as number, host: here, token: 'x' }, folder);
    child.kill('SIGKILL');
    assert.not(await alive);
  }));

test('a holder on another machine is alive as soon as it touches its file', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'alive');
    writeFileSync(path, '');
    const alive = isAlive({ pid: process.pid, host: `${here}-other`, token: 'x' }, folder);
    utimesSync(path, 1, 1);
    assert.ok(await alive);
  }));

test('a holder begins with a file that shows that it is there, and may end', () =>
  inFolder(async (folder) => {
    const end = beginBeat(folder);
    assert.ok(statSync(join(folder, 'alive')).isFile());
    end();
  }));

test.run();
