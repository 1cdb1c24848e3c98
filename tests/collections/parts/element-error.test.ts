/** Errors of elements: which element of a part failed, and where it stands in the source. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FAILURE, type Failure } from '../../../src/algorithms/operations.js';
import {
  elementErrorOf,
  failedPartOf,
  failureError,
  isOfElements,
  isOfWholePart,
  operationErrorOf,
  unsentErrorOf,
} from '../../../src/collections/parts/element-error.js';
import { EncodeError, MessageSizeError, TaskError, UnrunnableError } from '../../../src/errors.js';
import { encodeList } from '../../../src/wire/values/codec.js';

const test = suite('collections/parts/element-error');

const IDENTITY = { taskId: 'TASK-3', algorithm: 'ts-mw:map', submittedAt: 'program.js:7:1' } as const;
const RUN = { ...IDENTITY, sid: 'SLAVE-0', attempt: 1 } as const;
const failure = (offset: number): Failure => ({
  name: 'RangeError',
  message: 'too far',
  fields: { seconds: 2 },
  offset,
  sid: 'SLAVE-9',
  attempt: 2,
});
const ofElement = (offset: number): TaskError =>
  new TaskError({ name: 'Error', message: '', fields: { [FAILURE]: failure(offset) } }, RUN);
const ofPart = new TaskError({ name: 'EncodeError', message: 'is a function', fields: {} }, RUN);
const lost = new UnrunnableError(IDENTITY, 'max-attempts', 'its slave was lost', []);
const call = { algorithm: 'square', base: 0, place: 'program.js:9:1' };

test('an element that threw has its own error, and its place in the source', () => {
  for (const [offset, start, end, base, index] of [
    [0, 0, 1, 0, 0],
    [0, 4, 5, 0, 4],
    [3, 4, 9, 0, 7],
    [3, 4, 9, 100, 107],
  ] as const) {
    const part = { start, end };
    const error = elementErrorOf(ofElement(offset), part, { ...call, base }) as TaskError;
    assert.instance(error, TaskError);
    assert.equal(
      [error.name, error.message, error.index, error.algorithm, error.sid, error.attempt, error.fields],
      ['RangeError', 'too far', index, 'square', 'SLAVE-9', 2, { seconds: 2 }],
    );
    assert.equal([error.taskId, error.submittedAt], ['TASK-3', 'program.js:9:1']);
    assert.equal(failedPartOf(ofElement(offset), part), { start: start + offset, end: start + offset + 1 });
  }
  const { index, submittedAt } = failureError(
    failure(2),
    { taskId: 'TASK-3', submittedAt: undefined },
    5,
    'square',
    0,
  );
  assert.equal([index, submittedAt], [7, undefined]);
});

test('the error of a task is that of its element if it had only one', () => {
  for (const [error, start, end, index] of [
    [lost, 4, 5, 104],
    [ofPart, 4, 5, 104],
    [lost, 4, 6, undefined],
    [ofPart, 4, 6, undefined],
  ] as const) {
    const own = elementErrorOf(error, { start, end }, { ...call, base: 100 }) as TaskError;
    assert.equal([own === error, own.index], [true, index]);
    assert.equal(failedPartOf(error, { start, end }), { start, end });
    Reflect.deleteProperty(error, 'index');
  }
  const other = new RangeError('another');
  assert.is(elementErrorOf(other, { start: 0, end: 1 }, call), other);
  assert.is(elementErrorOf('a text', { start: 0, end: 1 }, call).message, 'a text');
});

test('a part is cut for its errors, but not for those of its elements', () => {
  for (const [error, expected] of [
    [ofPart, true],
    [ofElement(0), false],
    [lost, false],
    [new MessageSizeError('it', 2, 1), false],
    [undefined, false],
  ] as const) {
    assert.is(isOfWholePart(error), expected);
  }
});

test('an operation between parts shows the error of the task, without an index', () => {
  const error = operationErrorOf(ofElement(1), 'add') as TaskError;
  assert.equal(
    [error.name, error.algorithm, error.submittedAt, 'index' in error],
    ['RangeError', 'add', 'program.js:7:1', false],
  );
  for (const other of [ofPart, lost, undefined, 'text']) assert.is(operationErrorOf(other, 'add'), other);
});

/** The error of encoding these arguments of an operation. */
function unsent(args: readonly unknown[]): EncodeError {
  try {
    encodeList(args);
  } catch (error) {
    return error as EncodeError;
  }
  throw new Error('they can be sent');
}

function deep(): unknown {
  let list: unknown = [];
  for (let level = 0; level < 20_000; level++) list = [list];
  return list;
}

test('an element that cannot be sent is named, with the path in it', () => {
  const fn = (): number => 1;
  for (const [columns, path, message] of [
    [[[fn]], '', /^element 107 is the function fn, and functions do not travel/],
    [[[{ a: [1, fn] }]], '.a[1]', /^element 107\.a\[1\] is the function fn/],
    [[[1], [fn]], '[1]', /^element 107\[1\] is the function fn/],
    [[[{ a: fn }], [1]], '[0].a', /^element 107\[0\]\.a is the function fn/],
    [[[Symbol('x')]], '', /^element 107 is Symbol\(x\)/],
    [[[deep()]], '', /^element 107: the value is nested too deep/],
  ] as const) {
    for (const args of [
      ['task', 'stop', columns],
      ['task', null, false, columns],
    ]) {
      const thrown = unsent(args);
      assert.is(isOfElements(thrown, args), true);
      const error = unsentErrorOf(thrown, args, 107) as EncodeError;
      assert.instance(error, EncodeError);
      assert.equal([error.path, error.index], [path, 107]);
      assert.match(error.message, message);
    }
  }
  const tooLarge = unsentErrorOf(new MessageSizeError('the arguments', 99, 64), ['task', [['x']]], 3);
  assert.instance(tooLarge, MessageSizeError);
  assert.match(tooLarge.message, /^element 3 takes 99 bytes, and --max-message-size is 64/);
  assert.equal([tooLarge.index, (tooLarge as MessageSizeError).size], [3, 99]);
});

test('what is no fault of an element is not put down to one', () => {
  const fn = (): number => 1;
  for (const args of [
    [fn, 'stop', [[1]]],
    [{ captured: [[fn]] }, 'stop', [[1]]],
    ['task', fn, false, [[1]]],
    ['task', [[fn]], false, [[1]]],
  ]) {
    assert.is(isOfElements(unsent(args), args), false);
  }
  assert.is(isOfElements(new RangeError('another'), ['task', [[1]]]), false);
  assert.is(isOfElements(undefined, ['task', [[1]]]), false);
});

test.run();
