/** The printed form of an exception that left a component of control flow. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeThrown } from '../../../src/cli/process/describe-thrown.js';
import { ScopeCancelledError, TaskError } from '../../../src/errors.js';

const it = suite('exceptions in words');
const scopePath = 'parallel.build > sequential[2]';
const firstLine = (error: unknown): string | undefined => describeThrown(error).split('\n')[0];

it('name the component first', () => {
  assert.is(firstLine(new RangeError('no')), 'RangeError: no');
  assert.is(firstLine(Object.create(null)), 'thrown: a value that has no text');
  const error = Object.assign(new RangeError('no'), { scopePath });
  assert.is(firstLine(error), `in ${scopePath}: RangeError: no`);
  const run = { taskId: 'TASK-7', algorithm: 'compile', sid: 'SLAVE-0', attempt: 1, submittedAt: undefined };
  const ofTask = new TaskError({ name: 'Error', message: 'no', fields: {} }, run);
  assert.is(
    firstLine(Object.assign(ofTask, { scopePath })),
    `in ${scopePath}: TASK-7 of compile failed on SLAVE-0, attempt 1`,
  );
});

it('name it once where the message does', () => {
  const error = new ScopeCancelledError('THREAD-1', 'killThread was called');
  assert.is(firstLine(error), 'ScopeCancelledError: THREAD-1 was cancelled: killThread was called');
});

it.run();
