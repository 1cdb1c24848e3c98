/** What the trail is told of tasks: in ranges, submissions first, and every number once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { formatText } from '../../src/audit/text-format.js';
import { Ledger } from '../../src/master/ledger.js';
import { TaskFate } from '../../src/master/task-fate.js';
import { createEntry, createTask } from './parts.js';

const hello = createEntry('hello');
const square = createEntry('square');

class Told {
  readonly lines: string[] = [];
  readonly ledger = new Ledger({ emit: (event) => this.#hear(event) });

  #hear(event: AuditEvent): void {
    this.lines.push(formatText(event, 0).slice(24));
  }

  take(): string[] {
    return this.lines.splice(0);
  }

  settle(number: number, algorithm = hello, micros = 50): void {
    const task = createTask(number, algorithm);
    this.ledger.settle(task, TaskFate.ok(task, 0, number, micros / 1e6, 10));
  }
}

const ledger = suite('ledger');

ledger('it tells submissions before fates, by algorithm, and what slaves computed', () => {
  const told = new Told();
  for (let number = 0; number < 10; number++)
    told.ledger.submit(createTask(number, number < 6 ? hello : square));
  for (const number of [1, 0, 3, 2]) told.settle(number);
  told.settle(9, square, 1_000);
  told.ledger.compute(0, 4, 200);
  told.ledger.compute(1, 1, 1_000);
  told.ledger.flush();
  assert.equal(told.take(), [
    'TASKS 0-9 SUBMITTED ("hello" 6, "square" 4)',
    'TASKS SETTLED "hello" ok 0-3 times 51x4 us',
    'TASKS SETTLED "square" ok 9 times 1008x1 us',
    'SLAVE-0 COMPUTED 4 tasks in 200 us',
    'SLAVE-1 COMPUTED 1 tasks in 1000 us',
  ]);
  told.ledger.flush();
  assert.equal(told.take(), []);
});

ledger('it gathers for a second, and no longer than something pends', () => {
  const told = new Told();
  told.settle(0);
  told.ledger.tick(5_000, 9);
  assert.is(told.take().length, 1);
  told.settle(1);
  told.ledger.tick(5_900, 9);
  assert.is(told.take().length, 0);
  told.ledger.tick(6_000, 9);
  assert.is(told.take().length, 1);
  told.settle(2);
  told.ledger.tick(6_100, 0);
  assert.is(told.take().length, 1);
});

ledger('it holds no more than it can write at once, in lines that a pipe takes whole', () => {
  const told = new Told();
  for (let number = 1_000_000; number < 1_010_000; number += 2) told.settle(number);
  told.ledger.flush();
  const lines = told.take();
  const numbers = lines.flatMap((line) => / ok (\S+)/.exec(line)?.[1]?.split(',') ?? []);
  assert.is(numbers.length, 5_000);
  assert.is(new Set(numbers).size, 5_000);
  for (const line of lines) assert.ok(line.length < 4_000, line);
});

ledger.run();
