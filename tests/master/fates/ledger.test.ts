/** The lines of the trail about tasks: in ranges, submissions first, and every number once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { formatText, parseText } from '../../../src/audit/format/text-format.js';
import { FateCheck } from '../../../src/audit/read/fate-check.js';
import { TaskError, UnrunnableError } from '../../../src/errors.js';
import { Ledger } from '../../../src/master/fates/ledger.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { TrailSummary } from '../../../src/picture/report/trail-summary.js';
import { createEntry, createSlave, createTask } from '../parts.js';

const hello = createEntry('hello');
const square = createEntry('square');
const RUN = { taskId: 'TASK-0', algorithm: 'work', submittedAt: undefined, sid: 'SLAVE-0', attempt: 1 };
const FAILURE = new TaskError({ name: 'Error', message: 'no', fields: {} }, RUN);
const LOST = new UnrunnableError(RUN, 'cancelled', 'no', []);
const begin: AuditEvent[] = [
  { type: 'init', role: 'master', memberId: 'm' },
  { type: 'master-ready', address: 'here' },
];
const end: AuditEvent = { type: 'master-finished', memberId: 'm' };

class Told {
  readonly lines: string[] = [];
  readonly events: AuditEvent[] = [];
  readonly ledger = new Ledger({ emit: (event) => this.#hear(event) });

  #hear(event: AuditEvent): void {
    // As a reader has it: without the fields that are not given
    this.events.push(JSON.parse(JSON.stringify(event)) as AuditEvent);
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
  const [first, second] = [createSlave(0), createSlave(1)];
  told.ledger.compute(first, 3, 150, 1);
  told.ledger.compute(second, 1, 1_000, 0);
  told.ledger.compute(first, 1, 50, 1);
  told.ledger.flush();
  assert.equal(told.take(), [
    'TASKS 0-9 SUBMITTED ("hello" 6, "square" 4)',
    'TASKS SETTLED "hello" ok 0-3 times 51x4 us',
    'TASKS SETTLED "square" ok 9 times 1008x1 us',
    'SLAVE-0 COMPUTED 4 tasks in 200 us, 2 failed',
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

/** The bytes that a pipe takes as a whole, so that no other process' line comes in between. */
const PIPE_BUF = 4_096;

ledger('every line is one that a pipe takes whole, whatever it tells of, and none is told twice', () => {
  const told = new Told();
  const algorithms = Array.from({ length: 400 }, (_, index) => createEntry(`algorithm-${index}`));
  for (let number = 0; number < 12_000; number++)
    told.ledger.submit(createTask(number, algorithms[number % 400] ?? hello));
  for (const [remainder, mostMicros] of [
    [1, 1e12],
    [0, 1],
  ] as const) {
    for (let number = remainder; number < 12_000; number += 2) {
      const task = createTask(number, algorithms[number % 4 === 0 ? 8 : 9] ?? hello);
      const seconds = mostMicros ** (number / 12_000) / 1e6;
      if (number % 3 === 0) told.ledger.settle(task, TaskFate.ok(task, 0, number, seconds, 10));
      else if (number % 3 === 1) told.ledger.settle(task, TaskFate.failed(task, 0, FAILURE, seconds, 10));
      else told.ledger.settle(task, TaskFate.unrunnable(task, undefined, LOST));
    }
  }
  told.ledger.flush();
  const check = new FateCheck();
  const summary = new TrailSummary();
  for (const event of [...begin, ...told.events, end]) {
    assert.ok(Buffer.byteLength(formatText(event, 0)) < PIPE_BUF, formatText(event, 0));
    assert.ok(Buffer.byteLength(formatJson(event, 0)) < PIPE_BUF, formatJson(event, 0));
    assert.equal(parseText(formatText(event, 0))?.event, event);
    check.take(event, 0);
    summary.take(event, 0);
  }
  const verdict =
    'every task had exactly one fate (tasks 12000: ok 4000, error 4000, unrunnable 4000; runs 1)';
  assert.equal(check.finish(false), { kind: 'proven', text: verdict });
  const sums = [...summary.picture.algorithms.byName.values()];
  assert.equal(
    sums.map(({ submitted }) => submitted),
    sums.map(() => 30),
  );
  assert.is(sums.length, 400);
  assert.is(
    sums.reduce((sum, { times }) => sum + times.count, 0),
    8_000,
  );
  const most = Math.max(...told.events.map((event) => formatText(event, 0).length));
  assert.ok(most > 2_500, `lines are no longer than ${most}`);
});

ledger.run();
