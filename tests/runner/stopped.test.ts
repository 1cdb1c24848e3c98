/** The runner is stopped by a signal in the middle of a file: no process of that file stays behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/programs.js';

const it = suite('a stopped run of tests');

const RUN_FILES = new URL('./run-files.js', import.meta.url).href;

/** Also one that nobody has waited for. */
function hasGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === '';
  } catch {
    return true;
  }
}

it('ends with all processes of its files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-runner-'));
  const pids = join(folder, 'pids');
  const file = join(folder, 'endless.mjs');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + pid + ' .');
setInterval(() => {}, 1000);
`,
  );
  const runner = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { runFiles } from ${JSON.stringify(RUN_FILES)};
await runFiles([${JSON.stringify(file)}], { cwd: ${JSON.stringify(folder)}, limitMs: 60000, turn: 'short' });`,
  ]);
  try {
    await until('the file runs', () => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('.'));
    runner.kill('SIGTERM');
    const [code] = await once(runner, 'exit');
    assert.is(code, 143);
    const started = readFileSync(pids, 'utf8').split(' ').slice(0, 2).map(Number);
    await until('they have gone', () => started.every(hasGone));
  } finally {
    runner.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

it.run();
