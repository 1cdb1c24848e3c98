/** Local slaves whose master is killed before they have joined it: nothing is left of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PATIENCE } from '../support/patience.js';

const LIMIT_MS = 30_000 * PATIENCE;
const library = import.meta.resolve('ts-mw');

/** Its master computes from the first moment on, so that no slave gets a welcome. */
const PROGRAM = `
import { defineMaster, initialize } from ${JSON.stringify(library)};
defineMaster(() => { for (const end = Date.now() + 60_000; Date.now() < end; ); return 0; });
await initialize();
`;

const early = suite('a master that ends early');

early('its local slaves end within --client-timeout, and do not look for it longer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'early-end-'));
  const program = join(folder, 'program.mjs');
  const trail = join(folder, 'audit.txt');
  await writeFile(program, PROGRAM);
  const flags = ['--master', '--slaves', '1', '--client-timeout', '3', '--audit-file', trail];
  const master = spawn(process.execPath, [program, ...flags], { stdio: 'ignore' });
  const gone = once(master, 'exit');
  try {
    await line(`${trail}.slaves`, 'BROKER <- CONNECTED TO');
    master.kill('SIGKILL');
    await gone;
    const killedAt = performance.now();
    await line(`${trail}.slaves`, 'FINI MASTER-DISCONNECT');
    assert.ok(performance.now() - killedAt < 10_000 * PATIENCE, 'it looked for its master for longer');
  } finally {
    master.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  }
});

async function line(file: string, text: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const content = await readFile(file, 'utf8').catch(() => '');
    if (content.includes(text)) return;
    if (performance.now() > deadline) throw new Error(`no "${text}" in ${content}`);
    await wait(50);
  }
}

early.run();
