/** Numbers that spread waits: fixed by the run, the task and its failures, and evenly spread over them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Jitter } from '../../../src/master/fates/jitter.js';

const test = suite('master/jitter');
const RUN = '00112233445566ff';

test('it is from 0 up to 1, and the same for the same run, task and count', () => {
  for (const task of [0, 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const fraction = new Jitter(RUN).fraction(task, 1);
    assert.ok(fraction >= 0 && fraction < 1, `${fraction}`);
    assert.is(new Jitter(RUN).fraction(task, 1), fraction);
  }
});

test('another run, another task and another failure give another one', () => {
  const jitter = new Jitter(RUN);
  const some = [
    jitter.fraction(0, 1),
    jitter.fraction(0, 2),
    jitter.fraction(1, 1),
    jitter.fraction(2 ** 32, 1),
    new Jitter('00112233445566fe').fraction(0, 1),
    new Jitter('').fraction(0, 1),
  ];
  assert.is(new Set(some).size, some.length);
});

for (const [what, fraction] of [
  ['tasks', (jitter: Jitter, n: number) => jitter.fraction(n, 1)],
  ['failures', (jitter: Jitter, n: number) => jitter.fraction(7, n)],
  ['runs', (_: Jitter, n: number) => new Jitter(`run ${n}`).fraction(0, 1)],
] as const) {
  test(`it is spread evenly over ${what}`, () => {
    const counts = new Array<number>(10).fill(0);
    const jitter = new Jitter(RUN);
    for (let n = 0; n < 10_000; n++) {
      const tenth = Math.floor(10 * fraction(jitter, n));
      counts[tenth] = (counts[tenth] as number) + 1;
    }
    for (const count of counts) assert.ok(count > 880 && count < 1_120, counts.join());
  });
}

test.run();
