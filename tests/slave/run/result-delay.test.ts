import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { ResultDelay } from '../../../src/slave/run/result-delay.js';
import { HELD_RESULTS } from '../../../src/wire/messages/messages.js';

const hold = suite('hold back');

const algorithm = (name: string): AlgorithmDefinition => ({
  name,
  fn: () => undefined,
  policy: DEFAULT_POLICY,
  fingerprint: name,
  checkpoint: true,
  place: 'here',
});
const known = algorithm('known');
const unknown = algorithm('unknown');

/** After a short run of `known` whose result was posted. */
function afterOne(): ResultDelay {
  const holdBack = new ResultDelay();
  holdBack.note(known, 0, 0.01, true);
  return holdBack;
}

hold('results wait while the next task runs short', () => {
  assert.ok(afterOne().allows(known, 0.01));
});

hold('they are written before a task of which nothing is known', () => {
  assert.not(afterOne().allows(unknown, 0.01));
});

hold('also when tasks of another message ran in between', () => {
  const holdBack = afterOne();
  holdBack.note(known, 0.01, 0.02, false);
  assert.ok(holdBack.allows(known, 0.02));
  assert.not(holdBack.allows(unknown, 0.02));
});

hold('where nothing was posted, nothing must be written', () => {
  const holdBack = new ResultDelay();
  holdBack.note(known, 0, 0.01, false);
  assert.ok(holdBack.allows(unknown, 0.01));
});

hold('they are written after a task that ran long, after a millisecond, and when they are many', () => {
  const long = afterOne();
  long.note(unknown, 0.01, 5, true);
  assert.not(long.allows(known, 5));
  assert.not(afterOne().allows(known, 1.1));
  const many = new ResultDelay();
  for (let count = 0; count < HELD_RESULTS; count++) many.note(known, 0, 0.001, true);
  assert.not(many.allows(known, 0.01));
});

hold('once written, nothing waits', () => {
  const holdBack = afterOne();
  holdBack.written();
  assert.ok(holdBack.allows(unknown, 0.01));
});

hold('the millisecond counts from the first result that waits', () => {
  const holdBack = afterOne();
  holdBack.note(known, 0.8, 0.9, true);
  assert.ok(holdBack.allows(known, 1));
  assert.not(holdBack.allows(known, 1.01));
  holdBack.written();
  holdBack.note(known, 1.1, 1.2, true);
  assert.ok(holdBack.allows(known, 2.1), 'and anew once they are written');
  assert.not(holdBack.allows(known, 2.2));
});

hold('a run of a whole millisecond is long, for the results before it and for its algorithm', () => {
  const before = afterOne();
  before.note(unknown, 1, 2, false);
  assert.not(before.allows(known, 0.02));
  const next = new ResultDelay();
  next.note(known, 1, 2, true);
  next.written();
  next.note(unknown, 2, 2.1, true);
  assert.not(next.allows(known, 2.1));
  assert.ok(next.allows(unknown, 2.1));
});

hold('a long run is forgotten after many short ones', () => {
  const holdBack = new ResultDelay();
  holdBack.note(known, 0, 3, true);
  const allowsAfter = (runs: number): boolean => {
    for (let run = 0; run < runs; run++) holdBack.note(known, 0, 0.01, true);
    holdBack.written();
    holdBack.note(undefined, 0, 0.01, true);
    return holdBack.allows(known, 0.02);
  };
  assert.not(allowsAfter(54));
  assert.ok(allowsAfter(1));
});

hold('nothing waits for a task when none is there', () => {
  assert.not(afterOne().allows(undefined, 0.01));
});

hold.run();
