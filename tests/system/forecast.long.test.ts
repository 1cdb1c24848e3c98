/** A forecast from the trail of one real run, and how long runs with other numbers of slaves really take. */

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Programs, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('forecast');

const SLAVES = [1, 2, 4];
/** Of what the run takes. */
const MOST_WRONG = 0.15;

/** How long a program's tasks of mixed length take, which sleep, once its slaves are there. */
async function measure({ start }: Programs, slaves: number, audit: readonly string[]): Promise<number> {
  const flags = ['--master', '--slaves', String(slaves), ...audit];
  const master = start('mixed.js', [...flags, '--', String(slaves)]);
  const [, ms] = await master.waitForLine(/^mixed tasks took (\d+) ms$/, 120_000);
  assert.is(await master.code(), 0, master.report());
  return Number(ms);
}

/** Seconds by number of slaves. */
async function foretell({ start }: Programs, file: string, ...flags: string[]): Promise<Map<number, number>> {
  const program = start('worker.js', ['--forecast', file, ...flags]);
  assert.is(await program.code(), 0, program.report());
  assert.equal(program.err, []);
  const rows = program.matches(/^ *(\d+) +(\d+\.\d) +\d+ % +\d+\.\d\d$/);
  return new Map(rows.map(([, slaves, seconds]) => [Number(slaves), Number(seconds)]));
}

test('it is right about one, two and four slaves, from trails of each form and with and without runs', () =>
  withPrograms(async (programs) => {
    const trails = [
      { file: join(programs.folder, 'one.log'), flags: ['--audit-format', 'json', '--audit-runs'] },
      { file: join(programs.folder, 'two.log'), flags: ['--audit-runs'] },
      { file: join(programs.folder, 'four.log'), flags: [] },
    ];
    const took = await Promise.all(
      trails.map(({ file, flags }, index) =>
        measure(programs, SLAVES[index] ?? 0, ['--audit-file', file, ...flags]),
      ),
    );
    for (const { file } of trails) {
      const foretold = await foretell(programs, file, '--slaves', SLAVES.join());
      for (const [index, slaves] of SLAVES.entries()) {
        const [seconds = 0, really = 0] = [foretold.get(slaves), (took[index] ?? 0) / 1_000];
        assert.ok(
          Math.abs(seconds - really) <= MOST_WRONG * really,
          `${file}: ${slaves} slaves took ${really} s, and ${seconds} s were foretold`,
        );
      }
    }
    const chosen = await foretell(programs, trails[0]?.file ?? '');
    assert.equal([...chosen.keys()].slice(0, 4), [1, 2, 4, 8]);
    assert.ok((chosen.get(8) ?? 0) < 5);
  }));

test.run();
