/** Percentiles from counted run times, and their text. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunTimes } from '../../../src/audit/format/run-times.js';

const times = suite('run times');

times('percentiles are at most 3.2 % off, from a microsecond to days', () => {
  for (const scale of [1, 17, 1_000, 123_456, 3_600_000_000]) {
    const written = new RunTimes();
    for (let index = 1; index <= 1_000; index++) written.add(index * scale);
    const read = new RunTimes();
    for (const text of written.take(100)) {
      assert.ok(text.length <= 100, text);
      assert.ok(read.addText(text));
    }
    assert.is(read.count, 1_000);
    for (const [share, index] of [
      [0.5, 500],
      [0.9, 900],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const error = Math.abs(read.percentile(share) / (index * scale) - 1);
      assert.ok(error < 0.032, `${share} of ${scale}: ${error}`);
    }
  }
});

times('the text is short, whatever it counts', () => {
  const written = new RunTimes();
  for (let index = 0; index < 100_000; index++) written.add(1_000 + (index % 100));
  const [text = ''] = written.take(1_000);
  assert.ok(text.length < 60, text);
  assert.equal(written.take(1_000), []);
});

times('what is below a microsecond, and a foreign text', () => {
  const written = new RunTimes();
  written.add(0);
  assert.equal(written.take(1_000), ['0x1']);
  assert.is(new RunTimes().percentile(0.5), 0);
  for (const text of ['', '1', '1x', 'x1', '1x1,', '1x1 2x2']) assert.not(new RunTimes().addText(text), text);
});

times.run();
