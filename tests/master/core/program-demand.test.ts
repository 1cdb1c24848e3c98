/** When a program counts as waiting for its master, when its tasks wait for it, and when nothing can come any more. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ProgramDemand } from '../../../src/master/core/program-demand.js';
import { FateBox } from '../../../src/master/fates/fate-box.js';
import { TaskJar } from '../../../src/master/jar/task-jar.js';
import type { FutureSettler, Task } from '../../../src/master/model/task.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { createEntry, createTask } from '../parts.js';

const MOST_UNTAKEN = 200_000;
const MOST_UNTAKEN_BYTES = 128 * 1024 * 1024;
const future: FutureSettler = { promise: Promise.resolve(), resolve() {}, reject() {} };

class Stage {
  readonly jar = new TaskJar();
  readonly fates = new FateBox();
  readonly demand = new ProgramDemand(this.jar, this.fates);
  readonly work = createEntry('work');
  readonly other = createEntry('other');

  submit(algorithm = this.work, settler?: FutureSettler): Task {
    const task = createTask(this.jar.nextNumber(), algorithm, {}, settler);
    this.jar.add(task);
    return task;
  }

  /** A result of an algorithm that nobody has taken. */
  put(algorithm = this.work, bytes = 1): void {
    this.fates.put(TaskFate.ok(createTask(0, algorithm), 0, 0, 0, bytes));
  }

  tick(times: number): void {
    for (; times > 0; times--) this.demand.tick();
  }
}

const test = suite('master/program-demand');

test('nothing can come when nothing is pending, untaken or drawn, of a selection or of all', () => {
  const stage = new Stage();
  const { demand, work, other } = stage;
  const idle = (): boolean[] =>
    [undefined, new Set([work]), new Set([other])].map((one) => demand.isIdle(one));
  assert.equal(idle(), [true, true, true]);
  stage.submit();
  assert.equal(idle(), [false, false, true]);
  stage.put(other);
  assert.equal(idle(), [false, false, false]);
  stage.fates.takeResults(undefined);
  assert.equal(idle(), [false, false, true]);
  const source = { left: undefined };
  demand.beginDrawing(source);
  assert.is(demand.undrawn, undefined);
  assert.equal([idle(), demand.openSources], [[false, false, false], 1]);
  demand.endDrawing(source);
  assert.is(demand.undrawn, 0);
  assert.equal([idle(), demand.openSources], [[false, false, true], 0]);
});

test('a program waits that reads, awaits a fate or a future, and has nothing to take', async () => {
  const stage = new Stage();
  const { demand } = stage;
  assert.not(demand.isWaiting);
  demand.beginReading();
  assert.ok(demand.isWaiting);
  stage.put();
  assert.not(demand.isWaiting, 'it has something to do');
  stage.fates.takeResults(undefined);
  demand.endReading();
  assert.not(demand.isWaiting);
  stage.submit(stage.work, future);
  assert.ok(demand.isWaiting);

  const awaiting = new Stage();
  awaiting.put(awaiting.other);
  const fate = awaiting.fates.wait(new Set([awaiting.work]));
  assert.ok(awaiting.demand.isWaiting, 'it waits for another algorithm');
  awaiting.put();
  await fate;
  assert.not(awaiting.demand.isWaiting);
});

test('a program that did nothing for a second is taken to wait', () => {
  const stage = new Stage();
  stage.tick(9);
  assert.not(stage.demand.isWaiting);
  stage.tick(1);
  assert.ok(stage.demand.isWaiting);
  stage.submit();
  stage.tick(1);
  assert.not(stage.demand.isWaiting, 'it has submitted');
  stage.tick(10);
  assert.ok(stage.demand.isWaiting);
  stage.put();
  stage.fates.takeResults(undefined);
  stage.tick(1);
  assert.not(stage.demand.isWaiting, 'it has taken');
});

test('tasks of an algorithm wait while its fates lie untaken, unless somebody reads; futures never do', () => {
  const stage = new Stage();
  const { demand, work, other } = stage;
  for (let count = 0; count < MOST_UNTAKEN - 1; count++) stage.put();
  const task = stage.submit();
  assert.not(demand.judgeHeld(work));
  assert.not(demand.isOverfull);
  stage.put();
  assert.equal([demand.judgeHeld(work), demand.judgeHeld(other), demand.isOverfull], [true, false, true]);
  assert.ok(demand.judgeTaskHeld(task));
  assert.not(demand.judgeTaskHeld(stage.submit(work, future)));
  demand.beginReading();
  assert.equal(
    [demand.judgeHeld(work), demand.judgeTaskHeld(task), demand.isOverfull],
    [false, false, false],
  );
  demand.endReading();
  assert.ok(demand.judgeHeld(work));
});

test('what runs is reckoned with at the size of its results, and no more than runs', () => {
  const stage = new Stage();
  stage.work.resultBytes = MOST_UNTAKEN_BYTES / 4;
  stage.put(stage.work, 1);
  for (let count = 0; count < 4; count++) stage.submit();
  assert.not(stage.demand.judgeHeld(stage.work), 'all of them are queued');
  for (let count = 0; count < 4; count++) stage.jar.take(() => false);
  assert.is(stage.jar.running, 4);
  assert.ok(stage.demand.judgeHeld(stage.work));
  assert.not(stage.demand.judgeHeld(stage.other));
});

test.run();
