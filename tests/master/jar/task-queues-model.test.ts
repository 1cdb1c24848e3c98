/**
 * The queues of a jar against naive books, under seeded misfortune: results, errors, losses, cancellations and recalls.
 * `SEED=n` replays one seed.
 */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue, type TaskQueue } from '../../../src/algorithms/queue.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { Chance } from '../../simulation/scheduler.js';
import { createEntry, createSlave, Parts } from '../parts.js';

const STEPS = 150;
const SEEDS =
  process.env.SEED === undefined ? Array.from({ length: 6 }, (_, n) => n) : [Number(process.env.SEED)];
const test = suite('master/task-queues model');

const QUEUES: readonly (TaskQueue | undefined)[] = [
  undefined,
  makeQueue('model 1', { limit: 1 }),
  makeQueue('model 2', { limit: 3, weight: 4 }),
  makeQueue('model 3', { perSecond: 1 }),
  makeQueue('model 4', { perSecond: 4, weight: 0.5 }),
  makeQueue('model 5', { limit: 2, perSecond: 8 }),
  makeQueue('model 6', { perSecond: 0.25 }),
  makeQueue('model 7', { weight: 7 }),
];

/** A run at a slave, until it is known to have ended. */
interface Run {
  readonly task: Task;
  readonly slave: SlaveRecord;
  readonly attempt: number;
  readonly index: number;
  readonly since: number;
}

class Model {
  readonly parts = new Parts({ slaves: 3, taskGroup: 4 });
  readonly #chance: Chance;
  readonly #entry = createEntry('work', 0.001);
  readonly #begins = new Map<TaskQueue, number[]>();
  #runs: Run[] = [];
  #nextSlave = 3;
  now = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  step(): void {
    const dice = this.#chance.random();
    if (dice < 0.3) this.#submit();
    else if (dice < 0.75) this.#end();
    else if (dice < 0.8) this.#cancel();
    else if (dice < 0.84) this.#lose();
    else if (dice < 0.88) this.#recall();
    this.now += this.#chance.pick([0, 0, 1, 30, 200, 1_000]);
    this.dispatch();
  }

  dispatch(): void {
    const { parts, now } = this;
    parts.jar.wake(now);
    for (const { tasks, slave } of parts.dispatch(now)) {
      for (const task of tasks) {
        const { index, runningAttempt: attempt } = task;
        this.#runs.push({ task, slave, attempt, index, since: now });
        const { queue } = task.policy;
        if (queue !== undefined) this.#check(queue, tasks, slave);
      }
    }
  }

  #check(queue: TaskQueue, tasks: readonly Task[], slave: SlaveRecord): void {
    const { name, limit, perSecond } = queue;
    if (limit === undefined && perSecond === undefined) return;
    assert.equal([tasks.length, slave.openTasks()[0]], [1, tasks[0]], `${name} begins at once`);
    const running = this.#runs.filter(({ task }) => task.policy.queue === queue).length;
    assert.ok(running <= (limit ?? running), `${running} of ${name} at ${this.now}`);
    const begins = this.#begins.get(queue) ?? [];
    this.#begins.set(queue, begins);
    begins.push(this.now);
    if (perSecond === undefined) return;
    const windowMs = 1_000 / Math.min(1, perSecond);
    const recent = begins.filter((at) => at > this.now - windowMs).length;
    assert.ok(recent <= Math.max(1, perSecond), `${recent} of ${name} in ${windowMs} ms until ${this.now}`);
  }

  #submit(): void {
    const policy = {
      queue: this.#chance.pick(QUEUES),
      priority: this.#chance.pick([0, 0, 1, -1]),
      retryErrors: this.#chance.happens(0.5),
      backoffSeconds: this.#chance.pick([0, 0, 0.5]),
      maxAttempts: 100,
    };
    this.parts.submit(this.#chance.between(1, 6), this.#entry, policy);
  }

  /** Slaves end their tasks in order. */
  #end(): void {
    const firsts = [...new Map(this.#runs.toReversed().map((run) => [run.slave, run])).values()];
    if (firsts.length > 0) this.endRun(this.#chance.pick(firsts));
  }

  endRun(run: Run): void {
    const { task, slave, attempt, since } = run;
    this.#runs = this.#runs.filter((other) => other !== run);
    const micros = 1_000 * Math.min(this.now - since, this.#chance.pick([0, 10, 2_000]));
    const sid = slave.number;
    if (this.#chance.happens(0.2)) this.parts.error(slave, sid, task.number, attempt, this.now, micros);
    else this.parts.results(slave, sid, [[task.number, attempt]], false, micros, this.now);
  }

  /** The slave may go on with it. */
  #cancel(): void {
    const task = this.parts.jar.find(this.#chance.between(0, this.parts.jar.numbersGiven));
    if (task !== undefined) this.parts.settlement.giveUp(task, 'cancelled', 'test');
  }

  #lose(): void {
    const { parts } = this;
    const slave = this.#chance.pick(parts.slaves);
    this.#runs = this.#runs.filter((run) => run.slave !== slave);
    parts.lose(slave, { now: this.now });
    parts.slaves.push(createSlave(this.#nextSlave++));
  }

  /** It has not begun the last of its tasks. */
  #recall(): void {
    const run = this.#runs.at(-1);
    if (run === undefined || run.task.group?.slave !== run.slave || run.slave.outstanding < 2) return;
    this.#runs.pop();
    this.parts.settlement.takeBack(run.slave, run.index, run.index + 1);
  }

  /** All that was submitted ends; then nothing is known of any queue. */
  finish(): void {
    const { jar } = this.parts;
    for (let round = 0; round < 5_000 && (jar.pending > 0 || this.#runs.length > 0); round++) {
      for (const run of [...this.#runs]) this.endRun(run);
      this.now = Math.max(this.now, Math.min(jar.dueAt ?? this.now, this.now + 5_000));
      this.dispatch();
    }
    assert.is(jar.pending, 0);
    jar.wake(this.now + 10_000);
    assert.equal(
      [jar.queues.size, jar.queues.runs.isEmpty, jar.hasReady, jar.dueAt],
      [0, true, false, undefined],
    );
  }
}

test('limits and rates hold after every step, and every task has its fate', () => {
  for (const seed of SEEDS) {
    try {
      const model = new Model(seed);
      for (let step = 0; step < STEPS; step++) model.step();
      model.finish();
    } catch (error) {
      console.error(`seed ${seed}`);
      throw error;
    }
  }
});

test.run();
