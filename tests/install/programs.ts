/** The programs that the installed library is tried with, by the names of their files. */

import { readmeProgram } from './support.js';

/** Ten squares, of which one ends its process with SIGKILL the first time. */
const KILLED = `import { existsSync, writeFileSync } from 'node:fs';
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const square = defineAlgorithm('square', (n, marker) => {
  if (n === 5 && !existsSync(marker)) {
    writeFileSync(marker, '');
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  }
  return n * n;
});

defineMaster(async (master) => {
  for (let n = 0; n < 10; n++) square.funcall(n, master.argv[0]);
  let sum = 0;
  for await (const fate of master.results(square)) sum += fate.packet;
  console.log(sum);
  return 0;
});

await initialize();
`;

/** With types that can be stripped. */
const TYPED = `import { defineAlgorithm, defineMaster, initialize, type MasterHandle } from 'ts-mw';

interface Point { readonly x: number }
const shift = defineAlgorithm('shift', (point: Point): Point => ({ x: point.x + 1 }));

defineMaster(async (master: MasterHandle): Promise<number> => {
  console.log((await shift.future({ x: 41 } satisfies Point)).x, master.pendingTasks);
  return 0;
});

await initialize();
`;

const REQUIRED = `const { defineAlgorithm, defineMaster, initialize } = require('ts-mw');

const double = defineAlgorithm('double', (n) => 2 * n);

defineMaster(async () => {
  console.log(await double.future(21));
  return 0;
});

initialize();
`;

/** The body of a test that has master and slave in its own process. */
const EMBEDDED = `
  const mw = await master();
  const worker = await slave(mw);
  const values = [new Map([[1, new Date(0)]]), new Uint8Array([1, 2, 3])];
  const back = await mw.run(() => Promise.all(values.map((value) => echo.future(value))));
  if (back[0].get(1).getTime() !== 0 || back[1].length !== 3) throw new Error('not as sent');
  const failed = await mw.run(async () => echo.future(() => 0)).then(() => 'sent', (error) => error.name);
  if (failed !== 'EncodeError') throw new Error(failed);
  await worker.stop();
  await mw.stop();
`;

/** Runners that give a test five seconds are told to give more: npm test runs files side by side. */
const embeddedTest = (from: string, more = ''): string => `${from}
import { defineAlgorithm, master, slave } from 'ts-mw';

const echo = defineAlgorithm('echo', (value) => value);

test('a master and its slave', async () => {${EMBEDDED}}${more});
`;

export const PROGRAMS: Readonly<Record<string, string>> = {
  'hello.mjs': readmeProgram(),
  'killed.mjs': KILLED,
  'typed.ts': TYPED,
  'required.cjs': REQUIRED,
  'node.test.mjs': embeddedTest("import { test } from 'node:test';"),
  'vitest.test.mjs': embeddedTest("import { test } from 'vitest';", ', 60_000'),
  'jest.test.mjs': embeddedTest("import { test } from '@jest/globals';", ', 60_000'),
  'jest.config.json': JSON.stringify({ testMatch: ['**/jest.test.mjs'], transform: {} }),
};
