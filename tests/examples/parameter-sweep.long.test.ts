/** parameter-sweep: the table that the catalogue shows, in the order of the grid, with what theory says of the end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('parameter-sweep');
const { program } = documented('parameter-sweep');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('parameter-sweep');
});

test('every point of the grid has its row, in order, below one header', async () => {
  const { code, stdout, stderr } = await runWithSlaves(program, undefined, ['--steps', '12']);
  assert.is(stderr, '');
  assert.is(code, 0);
  const [header, ...rows] = stdout.trimEnd().split('\n');
  assert.is(header, 'reproduction,infectious_days,peak,peak_day,ever_infected');
  const numbers = rows.map((row) => row.split(',').map(Number) as [number, number, number, number, number]);
  const expected = Array.from({ length: 13 * 13 }, (_, index) => [
    1 + Math.floor(index / 13) / 4,
    2 + (index % 13),
  ]);
  assert.equal(
    numbers.map(([reproduction, days]) => [reproduction, days]),
    expected,
  );
  for (const [reproduction, , , , ever] of numbers) {
    // Slow epidemics have not ended in two years
    if (reproduction < 2) continue;
    const finalSize = 1 - Math.exp(-reproduction * ever);
    assert.ok(Math.abs(ever - finalSize) < 0.01, `${reproduction}: ${ever} is near to ${finalSize}`);
  }
});

test.run();
