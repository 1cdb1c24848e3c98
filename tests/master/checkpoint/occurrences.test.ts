import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import { Occurrences } from '../../../src/master/checkpoint/occurrences.js';
import { Task } from '../../../src/master/model/task.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { createEntry } from '../parts.js';

const occurrences = suite('occurrences');
const first = createEntry('first');
const second = { ...createEntry('second'), index: 1 };

function submission(argument: unknown, algorithm = first): Task {
  const { text, raws, byteLength } = encodeValue([argument]);
  return new Task(0, algorithm, text, raws, byteLength, DEFAULT_POLICY, undefined);
}

occurrences('counts equal ones, and tells others from them', () => {
  const counted = new Occurrences();
  const large = 'x'.repeat(2_000);
  const all = [1, 'a', 1, new Uint8Array([1]), new Uint8Array([2]), 1, new Uint8Array([1]), large, large];
  assert.equal(
    all.map((argument) => counted.count(submission(argument)).occurrence),
    [0, 0, 1, 0, 0, 2, 1, 0, 1],
  );
  assert.is(counted.count(submission(1, second)).occurrence, 0, 'another algorithm');
});

occurrences('gives a digest to large arguments only', () => {
  const counted = new Occurrences();
  assert.is(counted.count(submission('x'.repeat(1_000))).digest, undefined);
  const digests = [1_100, 1_101, 1_100].map((length) =>
    Buffer.from(counted.count(submission('x'.repeat(length))).digest ?? []).toString('hex'),
  );
  assert.is(digests[0]?.length, 64);
  assert.is(digests[0], digests[2]);
  assert.is.not(digests[0], digests[1]);
});

occurrences('takes no two of half a million different ones for equal', () => {
  const counted = new Occurrences();
  let repeated = 0;
  for (let n = 0; n < 500_000; n++) repeated += counted.count(submission(n % 2 ? n : `${n}`)).occurrence;
  assert.is(repeated, 0);
  assert.is(counted.count(submission(1)).occurrence, 1);
});

occurrences.run();
