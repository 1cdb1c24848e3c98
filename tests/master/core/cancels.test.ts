/** Tasks that run, as far as the master knows, and those that the program takes back: one fate each, and no others. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { TaskKilledError, UnrunnableError } from '../../../src/errors.js';
import { Cancels } from '../../../src/master/core/cancels.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { Roster } from '../../../src/master/slaves/roster.js';
import { runningTasks } from '../../../src/master/slaves/running-tasks.js';
import { createEntry, createSlave, Parts, type PartsOptions } from '../parts.js';

const test = suite('master/cancels');

class Stage {
  readonly parts: Parts;
  readonly roster = new Roster();
  readonly cancels: Cancels;
  news = 0;

  constructor(options: PartsOptions = {}, concurrencies: readonly number[] = [1]) {
    this.parts = new Parts({ ...options, slaves: 0 });
    for (const [number, concurrency] of concurrencies.entries()) {
      const slave = createSlave(number, concurrency);
      this.parts.slaves.push(slave);
      this.roster.add(slave);
    }
    const { jar, settlement } = this.parts;
    this.cancels = new Cancels({ jar, roster: this.roster, settlement, onNews: () => this.news++ });
  }

  get slave(): SlaveRecord {
    return this.parts.slaves[0] as SlaveRecord;
  }

  /** One task of each category; they are given out. */
  give(categories: readonly string[], policy: TaskPolicy = {}): Task[] {
    const algorithm = createEntry('work', 0.001);
    const tasks = categories.flatMap((category) => this.parts.submit(1, algorithm, { ...policy, category }));
    this.parts.dispatch();
    return tasks;
  }

  get running(): number[] {
    return [...runningTasks(this.roster)].map(({ number }) => number);
  }
}

test('what is cancelled has its fate once, and what is unknown none', () => {
  const stage = new Stage({}, []);
  stage.give(['a']);
  assert.equal([stage.cancels.cancel(0, false), stage.cancels.cancel(0, false)], [true, false]);
  assert.equal([stage.cancels.cancel(99, true), stage.news], [false, 1]);
  assert.equal(stage.parts.takeFates(), ['0 cancelled']);
});

test('each slave runs the first of its tasks, as many as it may at once, and none of those queued there', () => {
  const stage = new Stage({ taskGroup: 4 }, [1, 2]);
  stage.give([
    'a',
    'a',
    'a',
    'a',
    'b',
    'c',
    'd',
    'd',
    'e',
    'e',
    'e',
    'e',
    'e',
    'e',
    'e',
    'e',
    'f',
    'f',
    'f',
    'f',
  ]);
  assert.is(stage.parts.jar.queued, 0);
  assert.equal(stage.cancels.categoriesRunning(), ['a', 'b', 'c']);
});

test('a task that had ended before the last beat does not run, though its result is not here', () => {
  const stage = new Stage({ taskGroup: 3 });
  stage.give(['a', 'b', 'c']);
  assert.equal(stage.cancels.categoriesRunning(), ['a']);
  stage.slave.noteFirstRunning(1);
  assert.equal(stage.cancels.categoriesRunning(), ['b']);
  stage.slave.noteFirstRunning(0);
  assert.equal(stage.cancels.categoriesRunning(), ['b'], 'it has ended for good');
});

test('of ordered tasks one runs at a time, and what came after a waiting one waits too', () => {
  const stage = new Stage({ taskGroup: 5 }, [4]);
  const tasks = stage.give(['a', 'b', 'c', 'd']);
  for (const at of [1, 2]) tasks[at]?.addressTo(stage.slave);
  assert.equal(stage.running, [0, 1]);
});

test('a task that two slaves run counts once, and both runs are killed', () => {
  const stage = new Stage({}, [1, 1]);
  const [task] = stage.give(['a'], { killGraceSeconds: 1.5 }) as [Task];
  const other = stage.parts.slaves.find((slave) => slave !== task.group?.slave) as SlaveRecord;
  stage.parts.settlement.setAside(task, true);
  stage.parts.dispatcher.giveAlone(other, task, 0);
  assert.equal(stage.cancels.categoriesRunning(), ['a']);
  assert.is(stage.cancels.killTasks('a'), 1);
  assert.equal(stage.parts.stopped.sort(), ['SLAVE-0/0 within 1500 ms', 'SLAVE-1/0 within 1500 ms']);
  assert.equal([stage.parts.takeFates(), stage.running], [['0 killed'], []]);
});

test('a kill ends what runs of its category, at once, and nothing else', () => {
  const stage = new Stage({ taskGroup: 2 }, [2, 1]);
  const [first] = stage.give(['a', 'b', 'a', 'a', 'a', 'a', 'a', 'a']) as [Task];
  const before = stage.running.length;
  const killed = stage.cancels.killTasks('a');
  assert.is(before - killed, 1, 'b goes on');
  assert.is(stage.parts.takeFates().length, killed);
  assert.is(stage.parts.jar.pending, 8 - killed);
  assert.equal([first.state, stage.news], ['settled', 1]);
  assert.is(stage.cancels.killTasks('nothing of that name'), 0);
});

test('the promise and the fate of a killed task say which it was, and that this run was killed', () => {
  const stage = new Stage();
  const rejected: Error[] = [];
  const future = {
    promise: new Promise(() => {}),
    resolve: () => {},
    reject: (error: Error) => rejected.push(error),
  };
  const [task] = stage.give(['search'], { sid: undefined }) as [Task];
  Object.defineProperty(task, 'future', { value: future });
  stage.cancels.killTasks('search');
  const [error] = rejected;
  assert.ok(error instanceof TaskKilledError && error instanceof UnrunnableError);
  if (!(error instanceof TaskKilledError)) return;
  assert.equal([error.name, error.code, error.reason], ['TaskKilledError', 'ERR_MW_TASK_KILLED', 'killed']);
  assert.equal([error.taskId, error.algorithm, error.category], ['TASK-0', 'work', 'search']);
  assert.equal(
    error.history.map(({ sid, attempt, evidence }) => [sid, attempt, evidence]),
    [['SLAVE-0', 1, 'it was killed']],
  );
  const told = stage.parts.events.find(({ type }) => type === 'task-killed');
  assert.equal(told, {
    type: 'task-killed',
    taskId: 'TASK-0',
    algorithm: 'work',
    category: 'search',
    sid: 'SLAVE-0',
  });
});

test('the result of a killed task counts for nothing, and one that came before the kill is the fate', () => {
  const stage = new Stage();
  stage.give(['a']);
  stage.cancels.killTasks('a');
  stage.parts.results(stage.slave, 0, [[0, 1]]);
  assert.equal(stage.parts.takeFates(), ['0 killed']);
  stage.give(['a']);
  stage.parts.results(stage.slave, 0, [[1, 1]]);
  assert.equal([stage.cancels.killTasks('a'), stage.cancels.cancel(1, true)], [0, false]);
  assert.equal(stage.parts.takeFates(), ['1 ok']);
});

test('one task is killed if it runs; otherwise it is cancelled, and a slave that has begun it after all ends it', () => {
  const stage = new Stage({ taskGroup: 2 });
  stage.give(['a', 'a', 'a', 'a', 'a', 'a']);
  for (const number of [1, 5, 0]) assert.ok(stage.cancels.cancel(number, true));
  assert.equal(stage.parts.takeFates(), ['1 cancelled', '5 cancelled', '0 killed']);
  assert.equal(stage.parts.stopped, ['SLAVE-0/1 within 0 ms', 'SLAVE-0/0 within 0 ms']);
});

test('all are cancelled, wherever they are, and those alone that are pending', () => {
  const stage = new Stage({ taskGroup: 2 });
  stage.give(['a', 'b', 'c', 'd', 'e', 'f']);
  stage.parts.results(stage.slave, 0, [[0, 1]]);
  assert.is(stage.cancels.cancelAll(), 5);
  assert.is(stage.cancels.cancelAll(), 0);
  assert.equal([stage.parts.jar.pending, stage.parts.jar.queued, stage.slave.outstanding], [0, 0, 0]);
  assert.equal(stage.parts.takeFates(), ['0 ok', ...[1, 2, 3, 4, 5].map((number) => `${number} cancelled`)]);
});

test.run();
