/** The fate that is made of a slave's word: a packet, an error, or what a liar gets for its own task. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TaskError, UnrunnableError } from '../../../src/errors.js';
import { functionsOf, readFate } from '../../../src/master/model/read-fate.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import type { ResultEntry } from '../../../src/wire/messages/entries.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { encodeError } from '../../../src/wire/values/remote-error.js';
import { createEntry, createSlave, createTask } from '../parts.js';

const test = suite('master/read-fate');
const SECONDS = 0.25;
const BYTES = 40;

function read(status: number, text: string, attempt = 2, raws: readonly Uint8Array[] = []): TaskFate {
  const task = createTask(6, createEntry('work'), { tag: 'mine' });
  task.noteRun(createSlave(9), 'test', 0, false);
  const entry = [
    6,
    attempt,
    status,
    250,
    ...(JSON.parse(`[${text}]`) as unknown[]),
  ] as unknown as ResultEntry;
  return readFate(task, 3, entry, raws, SECONDS, BYTES);
}

test('a packet comes with the task that it is of', () => {
  const { text, raws } = encodeValue({ when: new Date(5), bytes: new Uint8Array([1, 2]) });
  const fate = read(0, text, 2, raws);
  assert.equal(fate.packet, { when: new Date(5), bytes: new Uint8Array([1, 2]) });
  assert.equal(
    [fate.status, fate.algorithm, fate.taskId, fate.sid, fate.tag, fate.attempts, fate.computeTime],
    ['ok', 'work', 'TASK-6', 'SLAVE-3', 'mine', 2, SECONDS],
  );
  assert.equal(fate.args, [6]);
  assert.is(fate.args, fate.args, 'decoded once');
  assert.is(TaskFate.bytesOf(fate), BYTES);
  assert.not('error' in fate || 'reason' in fate);
});

test('what was thrown comes as an error that names task, slave and attempt', () => {
  const fate = read(1, encodeError(new RangeError('too far')).text);
  assert.equal([fate.status, fate.computeTime, TaskFate.bytesOf(fate)], ['error', SECONDS, BYTES]);
  assert.instance(fate.error, TaskError);
  const error = fate.error as TaskError;
  assert.match(error.message, /too far/);
  assert.equal([error.taskId, error.sid, error.attempt, error.algorithm], ['TASK-6', 'SLAVE-3', 2, 'work']);
  assert.not('packet' in fate);
});

for (const [what, status] of [
  ['packet', 0],
  ['error', 1],
] as const) {
  test(`a ${what} that cannot be read is an error of its own task`, () => {
    const fate = read(status, '{"a":1},{"nonsense":["x"]},[99999]');
    assert.is(fate.status, 'error');
    assert.instance(fate.error, TaskError);
    assert.equal([(fate.error as TaskError).taskId, (fate.error as TaskError).attempt], ['TASK-6', 2]);
    assert.is(fate.computeTime, SECONDS);
  });
}

test('functions in results are for algorithms that say so', () => {
  const entry = createEntry();
  assert.is(functionsOf(createTask(0, entry)), 'refused');
  const open = {
    ...entry,
    definition: { ...entry.definition, functionsInResults: true },
    lastKind: undefined,
  };
  assert.is(functionsOf(createTask(0, open)), 'allowed');
});

test('an unrunnable task counts the runs that were begun, and the bytes of its arguments', () => {
  const task = createTask(1, createEntry());
  const error = new UnrunnableError(task.identity, 'cancelled', 'x', []);
  const fate = TaskFate.unrunnable(task, undefined, error);
  assert.equal(
    [fate.status, fate.sid, fate.attempts, fate.reason],
    ['unrunnable', undefined, 0, error.reason],
  );
  assert.is(TaskFate.bytesOf(fate), task.bytes);
  assert.is(TaskFate.taskOf(fate), task);
  for (const other of [undefined, null, {}, 'TASK-1', { ...fate }])
    assert.is(TaskFate.taskOf(other), undefined);
});

test.run();
