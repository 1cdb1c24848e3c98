/** Threads of a program that a bundler made into one file: they run from their text. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EOL, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { openThread } from '../../src/threads/open-thread.js';
import { PREPARED_THREAD, type PreparedThread } from '../../src/threads/prepared-thread.js';
import type { ThreadName } from '../../src/threads/thread-texts.js';

const test = suite('open-thread');

const key = Symbol.for(PREPARED_THREAD);
const folder = mkdtempSync(join(tmpdir(), 'ts-mw-threads-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

let bundles = 0;

/** As a program's bundle has it, in a folder where no thread has a file. */
async function bundled(sentinel: string): Promise<typeof openThread> {
  const outfile = join(folder, `bundle-${++bundles}.cjs`);
  await build({
    entryPoints: [fileURLToPath(import.meta.resolve('../../src/threads/open-thread.js'))],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    outfile,
    plugins: [
      {
        name: 'texts',
        setup({ onLoad }) {
          onLoad({ filter: /thread-texts\.js$/ }, () => ({
            contents: `export const THREAD_TEXTS = ${JSON.stringify({ sentinel })};`,
          }));
        },
      },
    ],
  });
  return (createRequire(outfile)(outfile) as { openThread: typeof openThread }).openThread;
}

const THREAD = `"use strict";(() => {
const { parentPort, workerData } = require('node:worker_threads');
const frame = () => new Error('x').stack.split('\\n')[1].trim();
import('node:os').then(({ EOL }) => parentPort.postMessage({ frame: frame(), workerData, EOL, argv: process.argv.length }));
})();
`;

test('a thread without a file runs from its text, and its stacks name a file', async () => {
  const open = await bundled(THREAD);
  const worker = await open('sentinel', { argv: [], execArgv: [], workerData: 7 });
  // Both may come in one tick, when this thread was busy
  const exited = once(worker, 'exit');
  const [said] = (await once(worker, 'message')) as [Record<string, unknown>];
  assert.is(said.workerData, 7);
  assert.is(said.EOL, EOL);
  assert.match(String(said.frame), /^at frame \(ts-mw-sentinel\.cjs:3:\d+\)$/);
  await exited;
  const none = await open('broker', {}).then(
    () => undefined,
    (error: Error) => error.message,
  );
  assert.match(none ?? '', /^the file of the broker thread is missing; install ts-mw again/);
});

/** Says its name, and waits. */
const waiting = (name: string): string => `"use strict";(() => {
const { parentPort } = require('node:worker_threads');
parentPort.on('message', () => parentPort.postMessage('${name}'));
})();
`;

test('a prepared thread is taken once, and only if it runs the same text', async () => {
  const open = await bundled(waiting('own'));
  const prepare = (name: ThreadName, text: string): Worker => {
    const worker = new Worker(text, { eval: true });
    const forget = (): void => assert.unreachable('it is no longer the concern of whoever prepared it');
    worker.on('error', forget).on('exit', forget).unref();
    Object.assign(globalThis, { [key]: { name, text, worker } satisfies PreparedThread });
    return worker;
  };
  const same = prepare('sentinel', waiting('own'));
  const taken = await open('sentinel', {});
  assert.is(taken, same);
  assert.is(key in globalThis, false);
  const second = await open('sentinel', {});
  const other = prepare('sentinel', waiting('other'));
  const own = await open('sentinel', {});
  const ended = once(other, 'exit');
  assert.is(key in globalThis, false);
  for (const worker of [taken, second, own]) {
    worker.postMessage('');
    assert.is((await once(worker, 'message'))[0], 'own');
    await worker.terminate();
  }
  await ended;
});

test.run();
