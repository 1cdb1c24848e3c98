/** Slaves that their tasks end in other ways, and many starts. */

import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { killsToTheEnd } from './kills-to-the-end.js';
import { together, untilGone } from './support.js';

const it = suite('killed slaves at length');

const STARTS = 4;

/** Starting and stopping race in short programs. */
async function startsInARow(): Promise<void> {
  const hello = new URL('../../examples/hello-world.js', import.meta.url).pathname;
  for (let i = 0; i < STARTS; i++) {
    const child = spawn(process.execPath, [hello, '--master', '--slaves', '2'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, audit] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      audit += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    try {
      assert.is(await ended, 0, `start ${i} exits 0: ${audit}`);
    } finally {
      clearTimeout(timer);
    }
    assert.is(output.split('\n').filter((line) => line.startsWith('Got result')).length, 10);
    const pids = [...audit.matchAll(/STARTED pid (\d+)/g)].map(([, pid]) => Number(pid));
    assert.ok(pids.length >= 2, 'it started its slaves');
    for (const pid of pids) await untilGone(pid, 10_000);
  }
}

it('retry a task that ends its process, to the end of its attempts, and finish all others', async () => {
  await together([
    killsToTheEnd('exit 0', /^process exited with code 0$/),
    killsToTheEnd('reject', /^uncaught Error: /),
    killsToTheEnd('memory', /^process (ended by SIGABRT|exited with code \d+)$/),
  ]);
});

it(`leave no process behind, ${STARTS} starts in a row`, startsInARow);

it.run();
