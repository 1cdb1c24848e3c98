/** In a process of its own: whose context and whose slots a task sees, with one slave in a process and with several. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  enterScope,
  openScope,
  slaveLocal,
  type TaskContext,
  taskContext,
} from '../../../src/slave/run/task-context.js';

const test = suite('slave/task-context');

const contextOf = (number: number): TaskContext => ({
  algorithm: 'work',
  taskId: `TASK-${number}`,
  sid: `SLAVE-${number}`,
  attempt: 2,
  signal: new AbortController().signal,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('outside a task the context says nothing, and its signal never aborts', () => {
  const { algorithm, taskId, sid, attempt, signal } = taskContext();
  assert.equal([algorithm, taskId, sid, attempt], [undefined, undefined, undefined, 1]);
  assert.is(signal.aborted, false);
  assert.ok(Object.isFrozen(taskContext()));
});

test('the only slave of a process has its running task wherever it is asked', () => {
  const { scope, close } = openScope();
  assert.is(taskContext().taskId, undefined, 'none runs yet');
  scope.context = contextOf(1);
  assert.is(taskContext(), scope.context);
  assert.is(
    enterScope(scope, () => taskContext().taskId),
    'TASK-1',
  );
  scope.context = undefined;
  assert.is(taskContext().taskId, undefined);
  scope.context = contextOf(2);
  close();
  assert.is(taskContext().taskId, undefined, 'the slave has ended');
});

test('slaves that share a process see their own tasks, also after they waited', async () => {
  const [one, two] = [openScope(), openScope()];
  one.scope.context = contextOf(1);
  two.scope.context = contextOf(2);
  assert.is(taskContext().taskId, undefined, 'outside of both');
  const look = async () => {
    const before = taskContext().taskId;
    await turn();
    return [before, taskContext().taskId, taskContext().sid];
  };
  const [first, second] = [enterScope(one.scope, look), enterScope(two.scope, look)];
  assert.equal(await first, ['TASK-1', 'TASK-1', 'SLAVE-1']);
  assert.equal(await second, ['TASK-2', 'TASK-2', 'SLAVE-2']);
  assert.equal(
    enterScope(one.scope, () => enterScope(two.scope, () => taskContext().taskId)),
    'TASK-2',
  );
  one.close();
  assert.is(taskContext().taskId, 'TASK-2', 'the other is now the only one');
  two.close();
});

test('a task beside others has the slots of its slave and a context of its own', () => {
  const { scope, close } = openScope();
  const cache = slaveLocal<string>();
  cache.value = 'of the slave';
  const beside = { slots: scope.slots, cells: scope.cells, context: contextOf(5) };
  assert.equal(
    enterScope(beside, () => [taskContext().taskId, cache.value]),
    ['TASK-5', 'of the slave'],
  );
  assert.is(taskContext().taskId, undefined);
  close();
});

test('each slave has its own value, made once when it is first read', () => {
  let made = 0;
  const counter = slaveLocal(() => ({ number: ++made }));
  assert.is(made, 0);
  const [one, two] = [openScope(), openScope()];
  const read = () => counter.value.number;
  assert.equal([enterScope(one.scope, read), enterScope(one.scope, read)], [1, 1]);
  assert.is(enterScope(two.scope, read), 2);
  enterScope(two.scope, () => {
    counter.value = { number: 20 };
  });
  assert.equal([enterScope(one.scope, read), enterScope(two.scope, read)], [1, 20]);
  assert.equal([read(), read()], [3, 3], 'outside a slave there is one value for the process');
  one.close();
  assert.is(read(), 20, 'the only slave left is the one that asks');
  two.close();
  assert.is(read(), 3);
});

test('a slot without a value is undefined until it is set, and undefined may be its value', () => {
  const slot = slaveLocal<number>();
  assert.is(slot.value, undefined);
  slot.value = 7;
  assert.is(slot.value, 7);
  let made = 0;
  const forgotten = slaveLocal<number | undefined>(() => ++made);
  forgotten.value = undefined;
  assert.equal([forgotten.value, made], [undefined, 0]);
});

test('what the maker of a value throws, the reader gets, and may try again', () => {
  let tries = 0;
  const slot = slaveLocal(() => {
    if (++tries === 1) throw new RangeError('not yet');
    return tries;
  });
  assert.throws(() => slot.value, /not yet/);
  assert.is(slot.value, 2);
});

test.run();
