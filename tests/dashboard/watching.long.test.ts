/** The benchmark's part `watching`, small: it sees what it measures, and a large cluster fits into the dashboard's state. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureWatching } from '../../bench/watching.js';

const test = suite('the cost of watching');

const MOST_STATE_BYTES = 30e6;

test('masters run with watchers and without, and 5,000 slaves take less than 30 MB', async () => {
  const lines: string[] = [];
  const options = {
    repeats: 1,
    groups: ['auto'] as const,
    share: 0.02,
    drawn: 5_000,
    slaves: 5_000,
    updates: 2,
  };
  const { rates, memory, model } = await measureWatching(options, (line) => lines.push(line));
  assert.equal(
    rates.map(({ group }) => group),
    ['auto'],
  );
  // A busy machine decides how much they differ
  for (const { ratio, tasksPerSecond } of rates) assert.ok(ratio > 0.05 && tasksPerSecond > 100, `${ratio}`);
  for (const { earlyBytes = 1, bytes = 1 } of [memory.plain, memory.watched]) assert.ok(earlyBytes <= bytes);
  assert.ok(model.stateBytes > 0 && model.stateBytes < MOST_STATE_BYTES, `${model.stateBytes} bytes`);
  assert.is(lines.length, 3);
  assert.not.match(lines.join(), 'NaN');
});

test.run();
