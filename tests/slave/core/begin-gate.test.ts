/** How many bytes of results may wait while a task begins, and for how long they hold it up. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BeginGate } from '../../../src/slave/core/begin-gate.js';

const MIB = 1024 * 1024;

const gate = suite('slave/begin-gate');

function after(micros: number): BeginGate {
  const gate = new BeginGate();
  gate.note(micros);
  return gate;
}

gate('a new slave begins, and short tasks begin while up to a megabyte waits', () => {
  assert.ok(new BeginGate().tryPass(0, 0));
  assert.ok(new BeginGate().tryPass(MIB, 0));
  assert.not(new BeginGate().tryPass(MIB + 1, 0));
  assert.ok(after(49_999).tryPass(MIB, 0));
});

gate('after a task of 50 ms nothing may wait, until a short one has run', () => {
  const long = after(50_000);
  assert.ok(long.tryPass(0, 0));
  assert.not(long.tryPass(1, 0));
  long.note(10);
  assert.ok(long.tryPass(1, 0));
});

gate('what waits longer than two seconds holds nothing up any more, up to 16 MB', () => {
  const slow = new BeginGate();
  assert.not(slow.tryPass(2 * MIB, 5_000));
  assert.not(slow.tryPass(2 * MIB, 6_999));
  assert.not(slow.tryPass(16 * MIB + 1, 7_000), 'too much to take another');
  assert.ok(slow.tryPass(16 * MIB, 7_000), 'as much as may wait');
  assert.ok(slow.tryPass(2 * MIB, 7_001), 'it stays open while they wait');
});

gate('the two seconds begin again when the results have left in between', () => {
  const slow = new BeginGate();
  assert.not(slow.tryPass(2 * MIB, 5_000));
  assert.ok(slow.tryPass(0, 6_000));
  assert.not(slow.tryPass(2 * MIB, 7_500));
  assert.not(slow.tryPass(2 * MIB, 9_499));
  assert.ok(slow.tryPass(2 * MIB, 9_500));
});

gate.run();
