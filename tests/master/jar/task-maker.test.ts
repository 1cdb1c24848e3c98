/** The task of a submission: a snapshot of the arguments, within the bounds of a message. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { MessageSizeError, UsageError } from '../../../src/errors.js';
import { type Submission, TaskMaker } from '../../../src/master/jar/task-maker.js';
import { createEntry } from '../parts.js';

const [work, other] = ['work', 'other'].map((name) => createEntry(name).definition) as [
  AlgorithmDefinition,
  AlgorithmDefinition,
];
const MAX_MESSAGE_BYTES = 1_000;
/** Around the arguments. */
const OVERHEAD = 128;
const submission = (args: readonly unknown[], more: Partial<Submission> = {}): Submission => ({
  definition: work,
  args,
  policy: resolvePolicy({}),
  future: undefined,
  place: undefined,
  ...more,
});

class Numbers {
  given = 0;
  readonly next = (): number => this.given++;
}

const test = suite('master/task-maker');

test('it numbers algorithms as they stand, and knows no others', () => {
  const maker = new TaskMaker([work, other], MAX_MESSAGE_BYTES);
  assert.equal(
    [...maker.entries].map(({ definition, index, pending, targetNumber, resultBytes, seconds }) => [
      definition.name,
      index,
      pending,
      targetNumber,
      resultBytes,
      seconds,
    ]),
    [
      ['work', 0, 0, 0, 0, undefined],
      ['other', 1, 0, 0, 0, undefined],
    ],
  );
  assert.is(maker.entryOf(other).index, 1);
  assert.throws(
    () => maker.entryOf(createEntry('late').definition),
    (error: Error) => error instanceof UsageError && /"late" was defined after/.test(error.message),
  );
});

test('the arguments are as they were at submission', () => {
  const maker = new TaskMaker([work], MAX_MESSAGE_BYTES);
  const argument = { n: 1 };
  const task = maker.make(new Numbers().next, submission([argument]));
  argument.n = 2;
  assert.equal([task.number, task.text.includes('"n":1'), task.algorithm], [0, true, maker.entryOf(work)]);
});

test('arguments that fill a message go, those of a byte more do not, and cost no number', () => {
  const maker = new TaskMaker([work], MAX_MESSAGE_BYTES);
  const numbers = new Numbers();
  const around = maker.make(numbers.next, submission([''])).bytes;
  const most = MAX_MESSAGE_BYTES - OVERHEAD - around;
  assert.is(maker.make(numbers.next, submission(['x'.repeat(most)])).number, 1);
  assert.throws(
    () => maker.make(numbers.next, submission(['x'.repeat(most + 1)])),
    (error: Error) => error instanceof MessageSizeError && /arguments of a work task/.test(error.message),
  );
  assert.is(numbers.given, 2);
});

test('a place is noted where it was looked at, and goes with a task that is submitted again', () => {
  const maker = new TaskMaker([work], MAX_MESSAGE_BYTES);
  const numbers = new Numbers();
  const unknown = maker.make(numbers.next, submission([1]));
  assert.is(unknown.identity.submittedAt, undefined);
  assert.is(maker.remake(numbers.next, unknown, resolvePolicy({})).identity.submittedAt, undefined);
  const known = maker.make(numbers.next, submission([2], { place: 'main.js:1' }));
  assert.is(known.identity.submittedAt, 'main.js:1');
  maker.make(numbers.next, submission([2], { place: 'main.js:2' }));
  const again = maker.remake(numbers.next, known, resolvePolicy({ tag: 1 }));
  assert.equal(
    [again.number, again.identity.submittedAt, again.text, again.bytes, again.policy.tag, again.future],
    [4, 'main.js:1', known.text, known.bytes, 1, undefined],
  );
});

test('where nothing is traced, nothing is done for it', () => {
  const maker = new TaskMaker([work], MAX_MESSAGE_BYTES);
  const policy = Object.defineProperty({ ...resolvePolicy({}) }, 'trace', {
    get: () => assert.unreachable('the policy is asked how a task is traced'),
  });
  const numbers = new Numbers();
  const task = maker.make(numbers.next, submission([1], { policy }));
  assert.is(task.trace, undefined);
  assert.is(maker.remake(numbers.next, task, policy).trace, undefined);
  assert.is(maker.makeTemplate(work, [1], policy).trace, undefined);
});

test.run();
