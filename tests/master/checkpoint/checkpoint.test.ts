/** The order in which a checkpoint lets fates reach the program, with a store in memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UnrunnableError } from '../../../src/errors.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { createEntry } from '../parts.js';
import { Run } from './checkpoint-run.js';
import type { Stored } from './memory-store.js';

/** The checkpoint that a run leaves which ended tasks of these arguments, in this order. */
function storedBy(...args: readonly unknown[]): Stored {
  const stored: Stored = [];
  const run = new Run(stored);
  for (const argument of args) run.submit(argument);
  run.runAll('old');
  return stored;
}

const checkpoint = suite('checkpoint');

checkpoint('hands a result over once it is committed, and has it pending until then', () => {
  const run = new Run([]);
  run.submit(1);
  run.run('a');
  assert.equal(run.seen, []);
  assert.is(run.jar.pending, 1);
  assert.is(run.work.pending, 1);
  assert.is(run.jar.find(0), undefined, 'it has its fate');
  run.store.commitNow();
  assert.equal(run.seen, ['[1]=a']);
  assert.is(run.jar.pending, 0);
  assert.is(run.work.pending, 0);
});

checkpoint('asks for a commit of what there is only', () => {
  const run = new Run([]);
  run.submit(1);
  run.checkpoint.commit();
  assert.is(run.store.commitsAsked, 0);
  run.run();
  run.checkpoint.commit();
  assert.is(run.store.commitsAsked, 1);
});

checkpoint('does not run what is stored, and gives it as it was', () => {
  const run = new Run(storedBy('x'));
  const task = run.submit('x', { tag: 'mine' });
  assert.is(task.state, 'stored');
  assert.is(run.jar.queued, 0);
  assert.is(run.jar.running, 0);
  assert.is(run.jar.pending, 1);
  assert.equal(run.release(), ['["x"]=old']);
  const [fate] = run.fates;
  assert.is(fate?.sid, 'SLAVE-3');
  assert.is(fate?.attempts, 1);
  assert.is(fate?.computeTime, 0.25);
  assert.is(fate?.tag, 'mine');
  assert.equal(fate?.args, ['x']);
  assert.is(run.jar.pending, 0);
});

checkpoint('gives stored results in their order, whatever the order of submission', () => {
  const run = new Run(storedBy(1, 2, 3, 4));
  run.submit(4);
  run.submit(2);
  assert.equal(run.release(), []);
  run.submit(1);
  assert.equal(run.release(), ['[1]=old', '[2]=old']);
  run.submit(3);
  assert.equal(run.release(), ['[3]=old', '[4]=old']);
});

checkpoint('lets one wait for its predecessors while something runs', () => {
  const run = new Run(storedBy(1, 2));
  run.submit(2);
  run.submit('new');
  const running = run.begin();
  assert.equal(run.handOverWaiting(), []);
  run.fail(running);
  assert.equal(run.handOverWaiting(), ['["new"]=error']);
  run.submit(1);
  assert.equal(run.release(), ['[1]=old', '[2]=old']);
});

checkpoint('lets the earliest go when nothing runs, one gap each time', () => {
  const run = new Run(storedBy(1, 2, 3, 4, 5, 6));
  for (const n of [6, 3, 4]) run.submit(n);
  assert.equal(run.handOverWaiting(), ['[3]=old', '[4]=old']);
  assert.equal(run.handOverWaiting(), ['[6]=old']);
  assert.equal(run.handOverWaiting(), []);
});

checkpoint('lets what was passed over go as soon as it is submitted', () => {
  const run = new Run(storedBy(1, 2, 3));
  run.submit(3);
  assert.equal(run.handOverWaiting(), ['[3]=old']);
  run.submit(1);
  assert.equal(run.release(), ['[1]=old']);
});

checkpoint('counts an uncommitted result as running', () => {
  const run = new Run(storedBy(1, 2));
  run.submit(2);
  run.submit('new');
  run.run();
  assert.equal(run.handOverWaiting(), [], 'it may bring the submission of 1');
  run.store.commitNow();
  assert.equal(run.handOverWaiting(), ['["new"]=new']);
  assert.equal(run.handOverWaiting(), ['[2]=old']);
});

checkpoint('keeps new fates behind stored ones that may still come', () => {
  const run = new Run(storedBy(1, 2));
  run.submit(1);
  run.submit('new');
  run.run();
  run.store.commitNow();
  assert.equal(run.seen, []);
  assert.equal(run.release(), ['[1]=old']);
  run.submit(2);
  assert.equal(run.release(), ['[2]=old', '["new"]=new']);
});

checkpoint('gives new fates to a program that waits, and one at a time while stored ones are held', () => {
  const run = new Run(storedBy(1, 2));
  for (const n of ['a', 'b']) run.submit(n);
  run.runAll();
  assert.equal(run.handOverWaiting(), ['["a"]=new', '["b"]=new']);
  run.submit(2);
  for (const n of ['c', 'd']) run.submit(n);
  run.runAll();
  assert.equal(run.handOverWaiting(), ['["c"]=new']);
  assert.equal(run.handOverWaiting(), ['["d"]=new']);
  assert.equal(run.handOverWaiting(), ['[2]=old']);
});

checkpoint('counts equal submissions in their order', () => {
  const stored = storedBy('x', 'x', 'y');
  const run = new Run(stored);
  for (const n of ['x', 'x', 'x', 'y']) run.submit(n);
  assert.is(run.jar.queued, 1, 'the third x is new');
  assert.equal(run.release(), ['["x"]=old', '["x"]=old', '["y"]=old']);
  run.runAll('third');
  const again = new Run(stored);
  for (const n of ['y', 'x', 'x', 'x']) again.submit(n);
  assert.is(again.jar.queued, 0);
  assert.equal(again.release(), ['["x"]=old', '["x"]=old', '["y"]=old', '["x"]=third']);
});

checkpoint('does not store ordered tasks, errors, unrunnable ones, or what is exempt', () => {
  const stored: Stored = [];
  const run = new Run(stored);
  run.submit('ordered', { sid: 'SLAVE-0' });
  run.submit('error');
  run.submit('unrunnable');
  run.run();
  run.fail(run.begin());
  const task = run.begin();
  run.jar.withhold(task);
  const error = new UnrunnableError(task.identity, 'max-attempts', 'no', []);
  run.checkpoint.take(task, TaskFate.unrunnable(task, 3, error), undefined);
  const definition = { ...createEntry('work').definition, checkpoint: false };
  const exempt = new Run(stored, { work: { ...createEntry('work'), definition } });
  exempt.submit('exempt');
  exempt.run();
  assert.equal(run.seen, ['["ordered"]=new', '["error"]=error', '["unrunnable"]=max-attempts']);
  assert.equal(exempt.seen, ['["exempt"]=new']);
  assert.is(run.store.uncommitted + exempt.store.uncommitted, 0);
});

checkpoint('does not count ordered tasks among equal ones', () => {
  const run = new Run(storedBy('x'));
  run.submit('x', { sid: 'SLAVE-0' });
  run.submit('x');
  assert.equal(run.release(), ['["x"]=old']);
});

checkpoint('waits for no result of another version or program', () => {
  const stored = storedBy(1, 2);
  const entry = createEntry('work');
  const work = { ...entry, definition: { ...entry.definition, fingerprint: 'other' }, lastKind: undefined };
  const other = new Run(stored, { work, program: ['work other'] });
  other.submit(2);
  assert.is(other.jar.queued, 1, 'the old result is ignored');
  other.runAll();
  assert.equal(other.seen, ['[2]=new']);
  const both = new Run(stored, { work, program: ['work other'] });
  both.submit(2);
  assert.equal(both.release(), ['[2]=new']);
});

checkpoint('gives nothing of a task that was cancelled while its result waited', () => {
  const run = new Run(storedBy(1, 2, 3));
  run.submit(3);
  const task = run.submit(2);
  run.jar.settle(task);
  run.submit(1);
  assert.equal(run.release(), ['[1]=old', '[3]=old']);
  assert.is(run.jar.pending, 0);
});

checkpoint('holds stored results back that nobody has room for, but not for ever', () => {
  const run = new Run(storedBy(1, 2, 3));
  for (const n of [1, 2, 3]) run.submit(n);
  run.checkpoint.release(() => true);
  assert.equal(run.seen, []);
  run.checkpoint.handOverWaiting(() => true);
  assert.equal(run.seen, ['[1]=old'], 'a program that waits may wait for what stands behind it');
});

checkpoint('is full when very much waits for its commit, until that is done', () => {
  const run = new Run([]);
  for (let n = 0; n < 100_000; n++) run.submit(n);
  while (run.jar.queued > 0) run.run();
  assert.ok(run.checkpoint.isFull);
  run.store.commitNow(1);
  assert.not.ok(run.checkpoint.isFull);
});

checkpoint('spoils only the task whose stored bytes are none', () => {
  const stored = storedBy(1, 2);
  stored[0] = { ...(stored[0] as Stored[number]), result: Buffer.from('nonsense') };
  const run = new Run(stored);
  run.submit(1);
  run.submit(2);
  assert.equal(run.release(), ['[1]=error', '[2]=old']);
});

checkpoint('asks the store for no result once all that it has of an algorithm were asked for', () => {
  const run = new Run(storedBy(1, 2));
  let asked = 0;
  const find = run.store.find.bind(run.store);
  run.store.find = (task) => {
    asked++;
    return find(task);
  };
  for (const n of [9, 1, 2]) run.submit(n);
  assert.is(asked, 3, 'one that is not stored uses none of them up');
  for (const n of [3, 4]) run.submit(n);
  assert.is(asked, 3);
  assert.equal(run.release(), ['[1]=old', '[2]=old']);
});

checkpoint('is full when what waits is very large, until it is handed over', () => {
  const run = new Run([]);
  run.submit(1);
  const task = run.begin();
  run.jar.withhold(task);
  const fate = TaskFate.ok(task, 3, 'large', 0.25, 64 * 1024 * 1024);
  run.checkpoint.take(task, fate, { text: '[]', raws: [] });
  assert.ok(run.checkpoint.isFull);
  run.store.commitNow();
  assert.not(run.checkpoint.isFull);
});

checkpoint('awaits a turn while anything waits here, and only then', () => {
  const run = new Run(storedBy(1, 2));
  assert.not(run.checkpoint.awaitsTurn);
  run.submit(2);
  assert.ok(run.checkpoint.awaitsTurn, 'one whose turn has not come');
  assert.equal(run.handOverWaiting(), ['[2]=old']);
  assert.not(run.checkpoint.awaitsTurn);
  run.submit(1);
  assert.ok(run.checkpoint.awaitsTurn, 'one that comes late');
  run.release();
  assert.not(run.checkpoint.awaitsTurn);
  const other = new Run(storedBy(1));
  other.submit('new');
  other.runAll();
  assert.ok(other.checkpoint.awaitsTurn, 'a new one behind stored ones');
});

checkpoint('tells whether it has released anything, and of whom the fates wait', () => {
  const run = new Run(storedBy(1));
  assert.not(run.checkpoint.release(() => false));
  assert.not(run.checkpoint.handOverWaiting(() => false));
  const numbers = (): number[] => [...run.checkpoint.waiting()].map(({ number }) => number);
  run.submit('a');
  run.run();
  run.submit('b');
  assert.equal(numbers(), [0], 'one that is not committed');
  run.store.commitNow();
  assert.equal(numbers(), [0], 'one that waits for its turn');
  run.submit(1);
  assert.ok(run.checkpoint.release(() => false));
  assert.equal(numbers(), []);
});

checkpoint.run();
