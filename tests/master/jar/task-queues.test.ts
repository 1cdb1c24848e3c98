/** Queues in the jar, by the dispatcher: limits, rates and shares, and what gives a place back. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue, type TaskQueue } from '../../../src/algorithms/queue.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { AlgorithmEntry, Task } from '../../../src/master/model/task.js';
import type { TaskGroup } from '../../../src/master/model/task-group.js';
import { createEntry, createSlave, numbersOf, Parts, type PartsOptions } from '../parts.js';

const test = suite('master/task-queues');

interface Stage {
  readonly parts: Parts;
  /** Numbers of the tasks that are given out now. */
  readonly give: (now?: number) => number[];
  /** The task's run ends with a packet, at its slave. */
  readonly end: (number: number, now?: number) => void;
}

function stage(options: PartsOptions = {}): Stage {
  const parts = new Parts(options);
  return {
    parts,
    give: (now = 0) => {
      parts.jar.wake(now);
      return parts.dispatch(now).flatMap(numbersOf);
    },
    end: (number, now = 0) => {
      const { group, runningAttempt } = parts.jar.find(number) as Task;
      const { slave } = group as TaskGroup;
      parts.results(slave, slave.number, [[number, runningAttempt]], false, 1_000, now);
    },
  };
}

const submit = (
  { parts }: Stage,
  count: number,
  queue?: TaskQueue,
  priority = 0,
  entry: AlgorithmEntry = createEntry('work', 0.001),
): Task[] => parts.submit(count, entry, { queue, priority });

test('at most as many as the limit are at slaves, and the next goes when one ends', () => {
  const on = stage({ slaves: 4 });
  submit(on, 5, makeQueue('limit 2', { limit: 2 }));
  assert.equal(on.give(), [0, 1]);
  assert.equal(on.give(), []);
  on.end(1);
  assert.equal(on.give(), [2]);
  assert.is(on.parts.jar.queues.size, 1);
});

test('each goes alone to a slave that can begin it, though groups are larger', () => {
  const on = stage({ slaves: 2, taskGroup: 10 });
  submit(on, 5, makeQueue('alone', { limit: 9 }));
  assert.equal(on.parts.dispatch().map(numbersOf), [[0], [1]]);
  assert.equal(on.give(), []);
});

test('a slave that runs tasks side by side takes as many as it begins at once', () => {
  const on = stage({ slaves: 0 });
  on.parts.slaves.push(createSlave(0, 3));
  submit(on, 5, makeQueue('beside', { limit: 9 }));
  assert.equal(on.give(), [0, 1, 2]);
});

test('at most as many as the rate begin in a second, and the clock says when the next ones do', () => {
  const on = stage({ slaves: 9 });
  submit(on, 5, makeQueue('rate 2', { perSecond: 2 }));
  assert.equal([on.give(500), on.parts.jar.dueAt], [[0, 1], 1_500]);
  assert.equal([on.give(1_499), on.parts.jar.hasReady], [[], false]);
  assert.equal([on.give(1_500), on.parts.jar.dueAt], [[2, 3], 2_500]);
  on.end(2, 1_700);
  assert.equal(on.give(2_500), []);
  assert.equal(on.give(2_700), [4]);
});

test('a limit and a rate hold together', () => {
  const on = stage({ slaves: 9 });
  submit(on, 9, makeQueue('both', { limit: 2, perSecond: 3 }));
  assert.equal(on.give(0), [0, 1]);
  on.end(0, 1);
  on.end(1, 1);
  assert.equal(on.give(1), [2]);
  assert.equal(on.give(1_003), [3]);
});

test('a queue is forgotten with its last run, or when its window is over', () => {
  const on = stage({ slaves: 2 });
  submit(on, 1, makeQueue('forgotten', { limit: 1 }));
  submit(on, 1, makeQueue('forgotten later', { perSecond: 1 }));
  submit(on, 1, makeQueue('forgotten at once', { weight: 2 }));
  assert.equal([on.give(), on.parts.jar.queues.size], [[0, 1, 2], 2]);
  for (const number of [0, 1, 2]) on.end(number, 100);
  assert.is(on.parts.jar.queues.size, 1);
  on.parts.jar.wake(1_098);
  assert.is(on.parts.jar.queues.size, 1);
  on.parts.jar.wake(1_101);
  assert.is(on.parts.jar.queues.size, 0);
});

test('priorities hold within a queue, and not beyond it', () => {
  const on = stage({ slaves: 9 });
  const queue = makeQueue('priorities', { limit: 9 });
  submit(on, 2, queue);
  submit(on, 1, queue, 5);
  submit(on, 1, makeQueue('no priority', { limit: 9 }));
  assert.equal(on.give(), [2, 3, 0, 1]);
});

// ---- what gives a place back

const LIMIT = { limit: 1 };

interface PlaceRow {
  readonly what: string;
  /** The event that the run of task 0 meets, of which `slave` is the slave. */
  readonly happens: (on: Stage, slave: SlaveRecord) => void;
  /** The tasks that are given out next. */
  readonly next: number[];
}

const cancel = ({ parts }: Stage): void =>
  parts.settlement.giveUp(parts.jar.find(0) as Task, 'cancelled', 'test');

const places: PlaceRow[] = [
  { what: 'its result', happens: (on) => on.end(0), next: [1] },
  { what: 'its error', happens: (on, slave) => on.parts.error(slave, 0, 0, 1), next: [1] },
  { what: 'its timeout', happens: (on, slave) => on.parts.timeout(slave, 0, 0, 1), next: [0] },
  { what: 'its recall', happens: (on, slave) => on.parts.settlement.takeBack(slave, 0, 1), next: [0] },
  {
    what: 'the recall of another',
    happens: (on, slave) => on.parts.settlement.takeBack(slave, 1, 9),
    next: [],
  },
  { what: 'the loss of its slave', happens: (on, slave) => on.parts.lose(slave), next: [0] },
  { what: 'its cancellation, which it may not heed', happens: (on) => cancel(on), next: [] },
  {
    what: 'its end after a cancellation',
    happens: (on, slave) => {
      cancel(on);
      on.parts.settlement.endRun(slave, 0);
    },
    next: [1],
  },
  {
    what: 'its result after a cancellation',
    happens: (on, slave) => {
      cancel(on);
      on.parts.results(slave, 0, [[0, 1]]);
    },
    next: [1],
  },
  {
    what: 'the result of another attempt',
    happens: (on, slave) => on.parts.results(slave, 0, [[0, 2]]),
    next: [],
  },
  {
    what: 'the silence of its slave',
    happens: (_on, slave) => slave.beSuspected('silent for 5.0 s'),
    next: [],
  },
  {
    what: 'a run that does not stop',
    happens: (on, slave) => on.parts.settlement.takeOverdue(slave, 0, 0),
    next: [],
  },
];

for (const { what, happens, next } of places) {
  test(`${next.length > 0 ? 'its place is free after' : 'its place is taken in spite of'} ${what}`, () => {
    const on = stage({ slaves: 3 });
    on.parts.submit(2, createEntry(), { queue: makeQueue(what, LIMIT), timeoutSeconds: 9 });
    assert.equal(on.give(), [0]);
    const { slave } = (on.parts.jar.find(0) as Task).group as TaskGroup;
    assert.is(slave.number, 0);
    happens(on, slave);
    assert.equal(on.give(), next);
  });
}

test('a run of a slave that came back takes its place again', () => {
  const on = stage({ slaves: 1 });
  on.parts.submit(2, createEntry(), { queue: makeQueue('came back', LIMIT) });
  on.give();
  on.parts.lose(on.parts.slaves[0] as SlaveRecord);
  const back = createSlave(1);
  back.bring(1);
  on.parts.slaves.push(back, createSlave(2));
  on.parts.comebacks.take(back, {
    ...({} as Parameters<typeof on.parts.comebacks.take>[1]),
    previous: 0,
    begun: 1,
    runs: [[0, 0, 1]],
  });
  assert.equal(on.give(), []);
  on.parts.results(back, 0, [[0, 1]]);
  assert.equal(on.give(), [1]);
});

test('a second run of a late task takes a place, and each gives its own back', () => {
  const on = stage({ slaves: 4 });
  const queue = makeQueue('second run', { limit: 2 });
  const [task] = on.parts.submit(1, createEntry(), { queue }) as [Task];
  on.give();
  assert.is(on.parts.jar.queues.mayBegin(task, 0), true);
  on.parts.settlement.setAside(task, true);
  on.parts.dispatcher.giveAlone(on.parts.slaves[1] as SlaveRecord, task, 0);
  assert.is(on.parts.jar.queues.mayBegin(task, 0), false);
  on.parts.submit(2, createEntry(), { queue });
  assert.equal(on.give(), []);
  on.end(0);
  assert.equal(on.give(), [1]);
  on.parts.results(on.parts.slaves[0] as SlaveRecord, 0, [[0, 1]]);
  assert.equal(on.give(), [2]);
});

test('a task that waits for its next run takes no place', () => {
  const on = stage({ slaves: 2 });
  const queue = makeQueue('backoff', LIMIT);
  on.parts.submit(2, createEntry(), { queue, retryErrors: true, backoffSeconds: 1 });
  on.give();
  on.parts.error(on.parts.slaves[0] as SlaveRecord, 0, 0, 1);
  assert.equal(on.give(1), [1]);
  assert.equal(on.give(1_000), []);
  on.end(1, 1_000);
  assert.equal(on.give(1_000), [0]);
});

test('a suspect of a queue runs alone, within the limit', () => {
  const on = stage({ slaves: 3 });
  const queue = makeQueue('suspect', LIMIT);
  on.parts.submit(3, createEntry(), { queue });
  on.give();
  on.parts.lose(on.parts.slaves[0] as SlaveRecord);
  assert.ok(on.parts.jar.hasSuspects);
  const [group] = on.parts.dispatch() as [TaskGroup];
  assert.equal([numbersOf(group), group.slave.isAlone, on.parts.jar.hasSuspects], [[0], true, false]);
  assert.equal(on.give(), []);
  on.end(0);
  assert.equal(on.give(), [1]);
});

test('a suspect whose queue is full holds no slave up', () => {
  const on = stage({ slaves: 3 });
  const queue = makeQueue('full suspect', { limit: 2 });
  on.parts.submit(3, createEntry(), { queue });
  on.give();
  on.parts.lose(on.parts.slaves[0] as SlaveRecord);
  on.parts.jar.find(0)?.markSuspect();
  const other = on.parts.submit(1)[0] as Task;
  assert.equal(on.give(), [0, other.number]);
  on.parts.lose(on.parts.jar.find(0)?.group?.slave as SlaveRecord);
  assert.equal(on.give(), []);
});

test('a task whose results are not taken is set aside, and comes back to its queue', () => {
  let isHeld = true;
  const on = stage({ slaves: 2, isHeld: () => isHeld });
  submit(on, 2, makeQueue('held', LIMIT));
  assert.equal([on.give(), on.parts.jar.hasReady, on.parts.jar.queues.size], [[], false, 0]);
  isHeld = false;
  on.parts.jar.release(() => false);
  assert.equal(on.give(), [0]);
});

test('a cancelled task is passed over, and its queue is forgotten', () => {
  const on = stage({ slaves: 2 });
  const [first] = submit(on, 2, makeQueue('cancelled', LIMIT)) as [Task];
  on.parts.settlement.giveUp(first, 'cancelled', 'test');
  assert.equal(on.give(), [1]);
  on.end(1);
  assert.equal([on.parts.jar.queues.size, on.parts.jar.pending], [0, 0]);
});

// ---- shares

/** Of `rounds` tasks that one slave runs, one after another, how many each queue has after each. */
function sharesOf(
  weights: readonly (number | undefined)[],
  rounds: number,
  taskGroup: number | 'auto',
): number[][] {
  const on = stage({ taskGroup });
  const queueOf = new Map<number, number>();
  for (const [place, weight] of weights.entries()) {
    const queue =
      weight === undefined ? undefined : makeQueue(`${weights} ${taskGroup} ${place}`, { weight });
    for (const { number } of submit(on, rounds, queue)) queueOf.set(number, place);
  }
  const counts = weights.map(() => 0);
  const seen: number[][] = [];
  while (seen.length < rounds) {
    const given = on.give();
    for (const number of given) {
      const place = queueOf.get(number) as number;
      counts[place] = (counts[place] as number) + 1;
      seen.push([...counts]);
    }
    for (const number of given) on.end(number);
  }
  return seen;
}

const shareRows: [weights: (number | undefined)[], within: number][] = [
  [[3, 1], 1],
  [[1, 3], 1],
  [[1, undefined], 1],
  [[0.5, undefined], 1],
  [[5, 3, 1, undefined], 2],
  [[1_000, 1], 1],
];

for (const taskGroup of [1, 7, 'auto'] as const) {
  for (const [weights, within] of shareRows) {
    test(`weights ${weights.map((weight) => weight ?? 'none').join(' : ')} in groups of ${taskGroup}`, () => {
      const sum = weights.reduce<number>((sum, weight = 1) => sum + weight, 0);
      for (const counts of sharesOf(weights, 200, taskGroup)) {
        // One that has no more tasks leaves its share to the others
        if (counts.includes(200)) break;
        const total = counts.reduce((sum, count) => sum + count, 0);
        for (const [place, count] of counts.entries()) {
          const due = (total * (weights[place] ?? 1)) / sum;
          assert.ok(Math.abs(count - due) <= within, `${count} of ${total} instead of ${due}: ${counts}`);
        }
      }
    });
  }
}

test('a queue that comes in late starts where the others are', () => {
  const on = stage();
  const early = submit(on, 500, makeQueue('early'));
  for (let n = 0; n < 100; n++) for (const number of on.give()) on.end(number);
  submit(on, 100, makeQueue('late'));
  const order: string[] = [];
  for (let n = 0; n < 20; n++) {
    for (const number of on.give()) {
      order.push(number < early.length ? 'early' : 'late');
      on.end(number);
    }
  }
  const late = order.filter((name) => name === 'late').length;
  assert.ok(Math.abs(late - order.length / 2) <= 1, order.join());
});

for (const queued of [false, true]) {
  test(`slaves that always have something leave room for a task of a rate${queued ? ', beside a queue' : ''}`, () => {
    const on = stage({ slaves: 2, taskGroup: 'auto' });
    const others = submit(on, 5_000, queued ? makeQueue('flood', { weight: 1_000 }) : undefined);
    on.give();
    for (const { algorithm } of others) algorithm.seconds = 0.001;
    submit(on, 1, makeQueue(`room ${queued}`, { perSecond: 1 }));
    const given: number[] = [];
    for (let round = 0; round < 40 && !given.includes(5_000); round++) {
      const [oldest] = on.parts.slaves.flatMap((slave) => [...slave.groups]);
      for (const task of oldest?.tasks ?? []) on.end(task.number);
      given.push(...on.give());
    }
    assert.ok(given.includes(5_000), `not among ${given.length}`);
  });
}

test('the clock that looks at a queue that was forgotten leaves the one that came after it', () => {
  const on = stage({ slaves: 9 });
  const { jar } = on.parts;
  const queue = makeQueue('anew', { perSecond: 1 });
  const [first] = submit(on, 1, queue) as [Task];
  assert.equal(on.give(0), [0]);
  on.end(0);
  // Its window is over, and is seen to be before the clock looks at it
  assert.ok(jar.queues.mayBegin(first, 1_000));
  const [taken] = submit(on, 1, queue) as [Task];
  jar.remove(taken);
  assert.is(jar.queues.size, 0);
  submit(on, 1, queue);
  assert.equal(on.parts.dispatch(1_000).flatMap(numbersOf), [2]);
  on.end(2, 1_000);
  assert.equal(on.give(1_500), []);
  submit(on, 1, queue);
  assert.equal([on.give(1_500), on.parts.jar.dueAt], [[], 2_000]);
  assert.equal(on.give(2_000), [3]);
});

test('thousands of queues come and go, and those of the last second stay', () => {
  const on = stage({ slaves: 1 });
  const entry = createEntry('work', 0.001);
  let most = 0;
  for (let n = 0; n < 5_000; n++) {
    on.parts.submit(1, entry, { queue: makeQueue(`host ${n}`, { limit: 4, perSecond: 10 }) });
    assert.equal(on.give(n), [n]);
    on.end(n, n);
    on.parts.given.length = 0;
    on.parts.takeFates();
    most = Math.max(most, on.parts.jar.queues.size);
  }
  assert.ok(most >= 1_000 && most <= 1_002, `${most} at once`);
  on.parts.jar.wake(1e6);
  assert.is(on.parts.jar.queues.size, 0);
});

test.run();
