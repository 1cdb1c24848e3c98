/** Where tasks with shared values run, and what waits for them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue } from '../../../src/algorithms/queue.js';
import type { SharedValue } from '../../../src/algorithms/shared.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { share } from '../../../src/wire/shares/share.js';
import { createEntry, createTask, makeKind, numbersOf, Parts } from '../parts.js';

const it = suite('master/share-places');

const [a, b] = ['a', 'b'].map((value) => share(value) as unknown as SharedValue) as [
  SharedValue,
  SharedValue,
];

class Stage extends Parts {
  /** Adds a task that needs these. */
  need(shares: readonly SharedValue[], policy: TaskPolicy = {}): Task {
    const task = createTask(this.jar.nextNumber(), createEntry(), policy);
    if (shares.length > 0) {
      task.needShares(shares);
      this.shares.registry.need(shares);
    }
    return task;
  }

  add(shares: readonly SharedValue[], policy: TaskPolicy = {}): Task {
    const task = this.need(shares, policy);
    this.jar.add(task);
    return task;
  }

  says(slave: SlaveRecord, has: readonly SharedValue[], dropped: readonly SharedValue[] = []): void {
    const keysOf = (shares: readonly SharedValue[]): string[] => shares.map(({ key }) => key);
    this.shares.take(slave, { type: 'has', has: keysOf(has), dropped: keysOf(dropped) });
    this.dispatcher.places.review(slave, keysOf(dropped));
  }

  /** The tasks that were given now: `slave: tasks`. */
  gives(): string[] {
    return this.dispatch().map((group) => `${group.slave.number}: ${numbersOf(group)}`);
  }
}

const stageOf = (slaves: number): { stage: Stage; slaves: SlaveRecord[] } => {
  const stage = new Stage({ slaves, taskGroup: 1 });
  return { stage, slaves: stage.slaves };
};

it('gives a task to the slave that has its value, though it is not its turn', () => {
  const { stage, slaves } = stageOf(3);
  stage.says(slaves[2] as SlaveRecord, [a]);
  stage.add([a]);
  stage.add([]);
  assert.equal(stage.gives(), ['2: 0', '0: 1']);
});

it('lets a slave fetch a value first, and run other tasks meanwhile', () => {
  const { stage, slaves } = stageOf(1);
  const [slave] = slaves as [SlaveRecord];
  stage.add([a]);
  stage.add([]);
  assert.equal(stage.gives(), ['0: 1']);
  assert.is(slave.session.posted, 2, 'the task, and the word to fetch');
  assert.is(stage.jar.queued, 1);
  assert.equal(stage.gives(), []);
  stage.says(slave, [a]);
  assert.equal(stage.gives(), ['0: 0']);
  assert.is(stage.jar.queued, 0);
});

it('does not wait for a slave that has it and is busy', () => {
  const { stage, slaves } = stageOf(2);
  const [one, other] = slaves as [SlaveRecord, SlaveRecord];
  stage.says(one, [a]);
  for (let task = 0; task < 4; task++) stage.add([a]);
  assert.equal(stage.gives(), ['0: 0', '0: 2']);
  stage.says(other, [a]);
  assert.equal(stage.gives(), ['1: 1', '1: 3']);
});

it('stages one group for a slave at most, of tasks that wait for the same', () => {
  const stage = new Stage({ slaves: 1, taskGroup: 10 });
  const [slave] = stage.slaves as [SlaveRecord];
  for (const shares of [[a], [a], [a, b], [], [b]]) stage.add(shares);
  assert.equal(stage.gives(), []);
  stage.says(slave, [a]);
  assert.equal(stage.gives(), ['0: 0,1', '0: 3']);
  stage.results(
    slave,
    0,
    [0, 1, 3].map((number) => [number, 1]),
  );
  stage.says(slave, [b]);
  assert.equal(stage.gives(), ['0: 2', '0: 4']);
});

it('gives the tasks at once to a slave that has no room before it has them', () => {
  const { stage, slaves } = stageOf(1);
  stage.add([a]);
  assert.equal(stage.gives(), []);
  stage.says(slaves[0] as SlaveRecord, [], [a]);
  assert.equal(stage.gives(), ['0: 0']);
});

it('gives ordered, strict and suspect tasks directly', () => {
  const { stage, slaves } = stageOf(1);
  const [slave] = slaves as [SlaveRecord];
  makeKind(slave, 'intermingle');
  const ordered = stage.need([a], { sid: 'SLAVE-0' });
  ordered.addressTo(slave);
  stage.jar.add(ordered);
  assert.equal(stage.gives(), ['0: 0']);
  stage.results(slave, 0, [[0, 1]]);
  stage.add([a], { queue: makeQueue('share-places', { limit: 1 }) });
  assert.equal(stage.gives(), ['0: 1']);
  stage.results(slave, 0, [[1, 1]]);
  const suspect = stage.need([a]);
  suspect.markSuspect();
  stage.jar.add(suspect);
  assert.equal(stage.gives(), ['0: 2']);
});

it('takes the tasks elsewhere when their slave is lost, suspected or busy', () => {
  for (const [what, spoil] of Object.entries<(stage: Stage, slave: SlaveRecord) => void>({
    lost: (stage, slave) => stage.lose(slave),
    suspected: (_, slave) => slave.beSuspected('silent for 5.0 s'),
    busy: (stage) => {
      stage.add([]);
      stage.dispatch();
    },
  })) {
    const { stage, slaves } = stageOf(2);
    const [one, other] = slaves as [SlaveRecord, SlaveRecord];
    stage.add([a]);
    assert.equal(stage.gives(), [], what);
    assert.equal([stage.jar.staged.has(one), stage.jar.staged.has(other)], [true, false], what);
    spoil(stage, one);
    const moved = what === 'busy' && one.outstanding === 0;
    stage.dispatcher.tick();
    stage.gives();
    stage.says(other, [a]);
    assert.equal(moved ? ['1: 0'] : stage.gives(), ['1: 0'], what);
  }
});

it('brings the tasks to a slave that has their value once that is free', () => {
  const { stage, slaves } = stageOf(2);
  const [one, other] = slaves as [SlaveRecord, SlaveRecord];
  stage.add([a]);
  assert.equal(stage.gives(), []);
  stage.says(other, [a]);
  stage.dispatcher.tick();
  assert.equal(stage.gives(), ['1: 0']);
  assert.ok(stage.jar.staged.isEmpty);
  assert.is(one.outstanding, 0);
});

it('gives a slave its turn after the tasks that waited there, though another one was turned away before', () => {
  const { stage, slaves } = stageOf(2);
  const [one, other] = slaves as [SlaveRecord, SlaveRecord];
  const first = stage.add([a]);
  const second = stage.add([b]);
  stage.gives();
  assert.equal([stage.jar.staged.tasksOf(one), stage.jar.staged.tasksOf(other)], [[first], [second]]);
  stage.says(other, [a, b]);
  stage.add([a]);
  stage.add([]);
  assert.equal(stage.gives(), ['1: 1', '1: 2', '0: 3']);
});

it('does not wait for a slave that has the value and rests with the crew', () => {
  let busyMs = 0;
  const stage = new Stage({ slaves: 10, taskGroup: 1, busyMs: () => busyMs });
  const quick = createEntry('quick', 1e-6);
  const work = (now: number, micros = 1): void => {
    for (const group of stage.given.splice(0)) {
      const runs = numbersOf(group).map((number) => [number, 1] as const);
      stage.results(group.slave, group.slave.number, runs, false, micros, now);
    }
  };
  stage.submit(20, quick);
  stage.dispatch(0);
  work(50);
  stage.submit(40, quick);
  busyMs = 100;
  stage.dispatch(100);
  const resting = stage.slaves.filter((slave) => stage.dispatcher.isResting(slave));
  assert.is(resting.length, 5);
  for (let left = 40; left > 0; left--) {
    work(100);
    stage.dispatch(100);
  }
  const [holder] = resting as [SlaveRecord];
  stage.says(holder, [a]);
  stage.add([a]);
  const [behind] = stage.submit(1, quick) as [Task];
  stage.dispatch(100);
  assert.equal([behind.state, stage.dispatcher.isResting(holder)], ['running', false]);
});

it('forgets a task that is cancelled or removed while it waits', () => {
  const { stage, slaves } = stageOf(1);
  const [slave] = slaves as [SlaveRecord];
  const [first, second] = [stage.add([a]), stage.add([])];
  stage.dispatch();
  assert.ok(second.group);
  stage.settlement.giveUp(first, 'cancelled', 'test');
  assert.equal([stage.jar.queued, stage.shares.registry.isUsed], [0, false]);
  stage.says(slave, [a]);
  assert.equal(stage.gives(), []);
  const third = stage.add([b]);
  stage.dispatch();
  stage.jar.remove(third);
  stage.jar.putBack(third);
  assert.equal([stage.jar.queued, stage.jar.staged.isEmpty], [1, true]);
});

it.run();
