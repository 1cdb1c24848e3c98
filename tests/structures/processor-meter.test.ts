/** The share of a core between two looks, whatever lies between them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProcessorMeter, processorTime } from '../../src/structures/processor-meter.js';

const test = suite('processor meter');

test('the share is that of the time since the last look, once that is long enough', () => {
  const meter = new ProcessorMeter(1_000, 300);
  const reads = [
    [1_100, 400, undefined],
    [2_000, 1_050, 75],
    // Too soon after that: still the same
    [2_400, 1_450, 75],
    [3_000, 3_550, 250],
    [4_000, 3_550, 0],
    // A clock that goes back says nothing
    [3_900, 3_600, 0],
    [5_000, 3_500, 0],
  ] as const;
  for (const [atMs, usedMs, percent] of reads) assert.is(meter.read(atMs, usedMs), percent, `at ${atMs}`);
  assert.ok(processorTime() > 0);
});

test.run();
