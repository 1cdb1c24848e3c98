/** The packed library under loaders, in test runners, by `require`, and bundled once more. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InstalledApp } from './installed-app.js';
import { emptyFolder, GREETINGS, NOT_FETCHED, removePlace, tool } from './support.js';

const runtimes = suite('runtimes');
let app: InstalledApp;
runtimes.before(async () => {
  app = await InstalledApp.make();
});
runtimes.after(removePlace);

runtimes('require takes it in CommonJS', () =>
  app.prints([process.execPath, 'required.cjs', '--master', '--slaves', '1'], ['42']),
);

runtimes('node:test: a test with a master and a slave passes, and the runner ends', async () => {
  const { code, stdout } = await app.run([process.execPath, '--test', 'node.test.mjs']);
  assert.is(code, 0, stdout);
});

const RUNNERS: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['vitest', 'vitest/vitest.mjs', [], ['run', 'vitest.test.mjs']],
  ['jest', 'jest/bin/jest.js', ['--experimental-vm-modules'], ['--config', 'jest.config.json']],
];

for (const [name, file, flags, args] of RUNNERS) {
  const program = tool(file);
  if (program === undefined) {
    runtimes.skip(`${name} is ${NOT_FETCHED}`, () => {});
    continue;
  }
  runtimes(`${name}: a test with a master and a slave passes, and the runner ends`, async () => {
    const command = [process.execPath, ...flags, program, ...args] as const;
    const { code, stdout, stderr } = await app.run(command);
    assert.is(code, 0, stdout + stderr);
  });
}

const tsx = tool('tsx/dist/cli.mjs');
if (tsx === undefined) runtimes.skip(`tsx is ${NOT_FETCHED}`, () => {});
else {
  runtimes('tsx: slaves get its loader too', async () => {
    await app.prints([process.execPath, tsx, 'typed.ts', '--master', '--slaves', '1'], ['42 0']);
    await app.prints(
      [process.execPath, '--import', 'tsx', 'typed.ts', '--master', '--slaves', '1'],
      ['42 0'],
    );
  });
}

runtimes('a program bundled once more runs where there is no library', async () => {
  const bare = emptyFolder('bundled');
  for (const format of ['esm', 'cjs'] as const) {
    const outfile = join(bare, format === 'esm' ? 'app.mjs' : 'app.cjs');
    const entry = join(app.folder, format === 'esm' ? 'hello.mjs' : 'required.cjs');
    buildSync({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      external: ['lmdb'],
      logLevel: 'silent',
    });
    const expected = format === 'esm' ? GREETINGS : ['42'];
    await app.prints([process.execPath, outfile, '--master', '--slaves', '1'], expected, bare);
  }
});

runtimes.run();
