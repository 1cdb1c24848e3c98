/** 400,000 queues, such as one for each host of a crawl: those that have nothing to do leave nothing behind. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue } from '../../../src/algorithms/queue.js';
import { TaskJar } from '../../../src/master/jar/task-jar.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { TaskGroup } from '../../../src/master/model/task-group.js';
import { createEntry, createSlave, createTask } from '../parts.js';

const QUEUES = 400_000;
const BATCH = 20_000;
/** Of the memory that all names alone would take. */
const MOST_BYTES = 10e6;
const test = suite('master/task-queues, 400,000');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const slave = createSlave(0);
const entry = createEntry();

/** The group of a task that is alone. */
function groupOf(to: SlaveRecord): TaskGroup {
  return {
    slave: to,
    tasks: [],
    firstIndex: 0,
    sentAt: 0,
    message: 1,
    open: 1,
    next: undefined,
    run: undefined,
  };
}

/** A task of a queue of its own is submitted, given out and done. */
function runOne(jar: TaskJar, now: number): void {
  const queue = makeQueue(`host-${now}.example`, { limit: 4, perSecond: 10 });
  jar.add(createTask(jar.nextNumber(), entry, { queue }));
  jar.wake(now);
  const task = jar.takeStrict(() => false);
  if (task === undefined) throw new Error(`the task of ${queue.name} is not there`);
  task.toRunning(groupOf(slave), now);
  jar.queues.begin(task, slave, queue, now);
  jar.queues.runs.takeResult(slave, task.number, slave.number, 1, 1, now);
  jar.settle(task);
}

test('they come and go in bounded memory', async () => {
  const jar = new TaskJar();
  await turn();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let now = 0; now < QUEUES; now++) {
    runOne(jar, now);
    // Names are forgotten between turns
    if (now % BATCH === 0) await turn();
  }
  assert.ok(jar.queues.size <= 1_002, `${jar.queues.size} are known, and 1,000 began within the last second`);
  jar.wake(2 * QUEUES);
  assert.is(jar.queues.size, 0);
  for (let round = 0; round < 3; round++) {
    collect();
    await turn();
  }
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < MOST_BYTES, `${grown} bytes are left`);
});

test.run();
