/** Runs that failed, and when the next one is: errors by `retryErrors`, waits by `backoffSeconds`. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { RetryDecision, TaskPolicy } from '../../../src/algorithms/types.js';
import type { AuditEventOf } from '../../../src/audit/events.js';
import { withoutNumbers } from '../../../src/audit/format/without-numbers.js';
import { FinalError } from '../../../src/errors.js';
import { backoffSeconds } from '../../../src/master/fates/retries.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { createEntry, createSlave, createTask, makeKind, numbersOf, Parts } from '../parts.js';

const test = suite('master/retries');

function one(policy: TaskPolicy): { parts: Parts; slave: SlaveRecord; task: Task } {
  const parts = new Parts();
  const [slave] = parts.slaves as [SlaveRecord];
  const [task] = parts.submit(1, createEntry(), policy) as [Task];
  parts.dispatch();
  return { parts, slave, task };
}

test('an error is the fate of a task, unless its policy says to run it again', () => {
  const { parts, slave } = one({});
  parts.error(slave, 0, 0, 1);
  assert.equal(parts.takeFates(), ['0 error']);
});

test('a task that throws is run again until its runs are used up; the last error is its fate', () => {
  const { parts, slave, task } = one({ retryErrors: true, maxAttempts: 3 });
  parts.error(slave, 0, 0, 1);
  assert.equal([parts.takeFates(), parts.jar.pending, parts.jar.queued, slave.outstanding], [[], 1, 1, 0]);
  assert.is(task.suspect, false);
  assert.equal(numbersOf(parts.dispatch()[0]), [0]);
  parts.error(slave, 0, 0, 2);
  parts.dispatch();
  parts.error(slave, 0, 0, 3);
  const fate = parts.fates.takeNext(undefined);
  assert.equal([fate?.status, fate?.attempts, parts.jar.pending], ['error', 3, 0]);
  const retried = parts.events.filter(({ type }) => type === 'task-retried');
  const [, { frame, ...second } = {} as AuditEventOf<'task-retried'>] =
    retried as AuditEventOf<'task-retried'>[];
  assert.match(frame ?? '', /parts\.js/);
  assert.equal(second, {
    type: 'task-retried',
    sid: 'SLAVE-0',
    taskId: 'TASK-0',
    attempt: 2,
    algorithm: 'work',
    waitSeconds: 0,
    evidence: 'it threw RangeError: no',
  });
});

test('errors that differ only in numbers stay equal without them, however long they are', () => {
  const evidence = [7, 123_456_789].map((number) => {
    const { parts, slave } = one({ retryErrors: true });
    const thrown = new Error(`block ${number} is damaged: ${'no checksum fits '.repeat(30)}`);
    parts.error(slave, 0, 0, 1, 0, 1_000, thrown);
    const [retried] = parts.events.filter(({ type }) => type === 'task-retried');
    return (retried as AuditEventOf<'task-retried'>).evidence;
  });
  assert.is.not(evidence[0], evidence[1]);
  assert.is(withoutNumbers(evidence[0] ?? ''), withoutNumbers(evidence[1] ?? ''));
});

test('a run that succeeds ends it', () => {
  const { parts, slave } = one({ retryErrors: true });
  parts.error(slave, 0, 0, 1);
  parts.dispatch();
  parts.results(slave, 0, [[0, 2]]);
  assert.equal(parts.takeFates(), ['0 ok']);
});

/** The outcome for a task whose runs throw `thrown` at 1,000 ms, under this decision. */
function decided(retryErrors: RetryDecision, policy: TaskPolicy = {}, thrown?: unknown): string {
  const { parts, slave, task } = one({ backoffSeconds: 4, ...policy, retryErrors });
  parts.error(slave, 0, 0, 1, 1_000, 1_000, thrown);
  const event = parts.events.at(-1);
  if (event?.type === 'task-retried') {
    assert.is(task.state, event.waitSeconds === 0 ? 'queued' : 'waiting');
    if (event.waitSeconds > 0) {
      assert.equal(parts.jar.wake(999 + 1_000 * event.waitSeconds), []);
      assert.equal(parts.jar.wake(1_000 + 1_000 * event.waitSeconds), [task]);
    }
    return `again in ${event.waitSeconds}`;
  }
  const told = event?.type === 'retry-undecided' ? `: ${event.reason}` : '';
  return `${parts.takeFates().join()}${told}`;
}

const WRONG = 'UsageError: retryErrors returns true, false or seconds from 0 to 3600; it returned';

const decisions: [string, () => unknown, string][] = [
  ['true', () => true, 'again in 4'],
  ['false', () => false, '0 error'],
  ['0', () => 0, 'again in 0'],
  ['a half', () => 0.5, 'again in 0.5'],
  ['an hour', () => 3_600, 'again in 3600'],
  ['more', () => 3_601, `0 error: ${WRONG} 3601`],
  ['less', () => -1, `0 error: ${WRONG} -1`],
  ['no number', () => Number.NaN, `0 error: ${WRONG} NaN`],
  ['nothing', () => {}, `0 error: ${WRONG} undefined`],
  ['a text', () => 'again', `0 error: ${WRONG} string`],
  ['a promise that fails', () => Promise.reject(new Error('late')), `0 error: ${WRONG} a promise`],
];

for (const [what, answer, expected] of decisions) {
  test(`a function of the policy decides: ${what}`, () => {
    assert.is(decided(answer as RetryDecision), expected);
  });
}

test('it knows the error and the attempt, and its numbers are not spread', () => {
  const asked: unknown[] = [];
  const decide: RetryDecision = ({ message, fields, final, taskId }, attempt) => {
    asked.push([message, fields.status, final, taskId, attempt]);
    return 7;
  };
  const thrown = Object.assign(new Error('503'), { status: 503 });
  assert.is(decided(decide, { backoffJitter: 1 }, thrown), 'again in 7');
  assert.equal(asked, [['503', 503, false, 'TASK-0', 1]]);
});

test('what it throws is told, and the error is the fate', () => {
  const decide = (): boolean => {
    throw new TypeError('no such header');
  };
  assert.is(decided(decide), '0 error: TypeError: no such header');
});

test('it is not asked about the last run, nor about a FinalError', () => {
  const decide = (): boolean => assert.unreachable() as never;
  assert.is(decided(decide, { maxAttempts: 1 }), '0 error');
  assert.is(decided(decide, {}, new FinalError('404')), '0 error');
});

test('a FinalError is the fate, whatever the policy says', () => {
  const { parts, slave } = one({ retryErrors: true });
  parts.error(slave, 0, 0, 1, 0, 1_000, new FinalError('404'));
  assert.equal(parts.takeFates(), ['0 error']);
});

for (const answer of [true, false, 1]) {
  test(`it may cancel the task that it is asked about, and then return ${answer}`, () => {
    const { parts, slave } = one({
      retryErrors: () => {
        parts.settlement.giveUp(parts.jar.find(0) as Task, 'cancelled', 'by its own policy');
        return answer;
      },
    });
    parts.error(slave, 0, 0, 1);
    assert.equal([parts.takeFates(), slave.outstanding, parts.jar.pending], [['0 cancelled'], 0, 0]);
    assert.is(parts.events.at(-1)?.type, 'result-dropped');
  });
}

for (const [answer, fates] of [
  [true, []],
  [false, ['0 error']],
] as const) {
  test(`it decides about a run that was taken for lost: ${answer}`, () => {
    const { parts, slave } = one({ retryErrors: () => answer });
    parts.lose(slave);
    const other = createSlave(1);
    parts.slaves.push(other);
    assert.is(parts.dispatch().length, 1);
    parts.error(slave, 0, 0, 1);
    assert.equal([parts.takeFates(), other.outstanding], [[...fates], answer ? 1 : 0]);
  });
}

test('waits are spread, each the same whenever it is asked for', () => {
  const waits = new Set<number>();
  for (const policy of [{ backoffJitter: 0.5 }, { backoffJitter: 0.5 }]) {
    const parts = new Parts({ taskGroup: 100 });
    const [slave] = parts.slaves as [SlaveRecord];
    parts.submit(100, createEntry(), { ...policy, retryErrors: true, backoffSeconds: 8 });
    parts.dispatch();
    for (let number = 0; number < 100; number++) parts.error(slave, 0, number, 1);
    for (const event of parts.events) if (event.type === 'task-retried') waits.add(event.waitSeconds);
  }
  assert.is(waits.size, 100);
  assert.ok(Math.min(...waits) >= 4 && Math.min(...waits) < 4.3, `${Math.min(...waits)}`);
  assert.ok(Math.max(...waits) <= 8 && Math.max(...waits) > 7.7, `${Math.max(...waits)}`);
});

test('the wait doubles with each failure, up to the bound', () => {
  const policy = resolvePolicy({ backoffSeconds: 10 });
  assert.equal(
    [1, 2, 3, 9, 10, 2_000].map((failures) => backoffSeconds(policy, failures)),
    [10, 20, 40, 2_560, 3_600, 3_600],
  );
  assert.is(backoffSeconds(resolvePolicy({}), 3), 0);
});

test('a task that waits is pending and queued, and runs when it is due', () => {
  const { parts, slave, task } = one({ retryErrors: true, backoffSeconds: 2 });
  parts.error(slave, 0, 0, 1, 1_000);
  assert.equal([parts.jar.pending, parts.jar.queued, parts.jar.due, parts.jar.hasReady], [1, 1, 0, false]);
  assert.equal(parts.jar.wake(2_999), []);
  assert.equal(parts.dispatch(2_999), []);
  assert.equal(parts.jar.wake(3_000), [task]);
  assert.equal([parts.jar.queued, parts.jar.due], [1, 1]);
  assert.equal(numbersOf(parts.dispatch(3_000)[0]), [0]);
  parts.error(slave, 0, 0, 2, 10_000);
  assert.equal(parts.jar.wake(13_999), []);
  assert.equal(parts.jar.wake(14_000), [task]);
});

test('what is due comes before what is queued, the longest due first', () => {
  const parts = new Parts({ taskGroup: 3 });
  const [slave] = parts.slaves as [SlaveRecord];
  parts.submit(3, createEntry(), { retryErrors: true, backoffSeconds: 1 });
  parts.dispatch();
  for (const [number, now] of [
    [1, 0],
    [2, 10],
    [0, 20],
  ] as const)
    parts.error(slave, 0, number, 1, now);
  parts.submit(1);
  parts.jar.wake(2_000);
  assert.equal(parts.dispatch(2_000).flatMap(numbersOf), [1, 2, 0, 3]);
});

test('a lost slave costs the wait too, and what it had not begun costs none', () => {
  const parts = new Parts({ slaves: 1 });
  const [slave] = parts.slaves as [SlaveRecord];
  const entry = createEntry('slow', 1);
  const [begun, unbegun] = parts.submit(2, entry, { backoffSeconds: 5 }) as [Task, Task];
  parts.dispatch();
  parts.lose(slave, { now: 1_000 });
  assert.equal([begun.state, unbegun.state], ['waiting', 'queued']);
  assert.equal([parts.jar.wake(5_999), parts.jar.hasSuspects], [[], false]);
  assert.equal([parts.jar.wake(6_000), parts.jar.hasSuspects], [[begun], true]);
});

test('a task that waits can be cancelled, and never runs', () => {
  const { parts, slave, task } = one({ retryErrors: true, backoffSeconds: 1 });
  parts.error(slave, 0, 0, 1, 0);
  parts.settlement.giveUp(task, 'cancelled', 'test');
  assert.equal([parts.jar.queued, parts.jar.due, parts.jar.pending], [0, 0, 0]);
  assert.equal(parts.jar.wake(1_000), []);
  assert.equal(parts.takeFates(), ['0 cancelled']);
});

test('an error of a run that was taken for lost is dropped: another run decides', () => {
  const { parts, slave, task } = one({ retryErrors: true, maxAttempts: 2 });
  parts.lose(slave);
  parts.error(slave, 0, 0, 1);
  assert.equal([parts.takeFates(), task.failures, task.state], [[], 1, 'queued']);
  assert.is(parts.events.at(-1)?.type, 'result-dropped');
});

interface Row {
  readonly when: 'freed while it ran' | 'freed while it waited' | 'lost while it waited';
  readonly doItAnyway: boolean;
  readonly becomes: string;
}

const rows: readonly Row[] = [
  { when: 'freed while it ran', doItAnyway: false, becomes: 'slave-freed' },
  { when: 'freed while it ran', doItAnyway: true, becomes: 'waits for any' },
  { when: 'freed while it waited', doItAnyway: false, becomes: 'slave-freed' },
  { when: 'freed while it waited', doItAnyway: true, becomes: 'waits for any' },
  { when: 'lost while it waited', doItAnyway: false, becomes: 'slave-lost' },
  { when: 'lost while it waited', doItAnyway: true, becomes: 'waits for any' },
];

for (const { when, doItAnyway, becomes } of rows) {
  test(`an ordered task whose slave is ${when}${doItAnyway ? ', to be done anyway' : ''}: ${becomes}`, () => {
    const parts = new Parts();
    const [slave] = parts.slaves as [SlaveRecord];
    makeKind(slave, 'ordered');
    const policy = { sid: slave.sid, doItAnyway, retryErrors: true, backoffSeconds: 1 };
    const task = createTask(parts.jar.nextNumber(), createEntry(), policy);
    task.addressTo(slave);
    parts.jar.add(task);
    parts.dispatch();
    if (when === 'freed while it ran') slave.draftFor('unordered');
    parts.error(slave, 0, 0, 1, 0);
    if (when === 'freed while it waited') {
      slave.draftFor('unordered');
      parts.settlement.reclaimer.clearMailbox(slave, 'slave-freed', 'it was freed');
    }
    if (when === 'lost while it waited') parts.lose(slave);
    const fate = parts.fates.takeNext(undefined);
    if (becomes === 'waits for any') {
      assert.equal([task.state, task.addressee, fate], ['waiting', undefined, undefined]);
      parts.jar.wake(1_000);
      assert.is(
        parts.jar.take(() => false),
        task,
      );
    } else {
      assert.equal([fate?.reason, parts.jar.pending, parts.jar.queued], [becomes, 0, 0]);
    }
  });
}

test('an ordered task that stays with its slave goes to the front of its mailbox', () => {
  const parts = new Parts();
  const [slave] = parts.slaves as [SlaveRecord];
  makeKind(slave, 'ordered');
  const tasks = [0, 1].map(() => {
    const task = createTask(parts.jar.nextNumber(), createEntry(), { sid: slave.sid, retryErrors: true });
    task.addressTo(slave);
    return task;
  });
  parts.jar.add(tasks[0] as Task);
  parts.dispatch();
  parts.jar.add(tasks[1] as Task);
  parts.error(slave, 0, 0, 1);
  assert.equal([...slave.mailbox], tasks);
  assert.is(slave.orderedOutstanding, 0);
});

interface TimeoutRow {
  readonly policy: TaskPolicy;
  readonly ordered?: boolean;
  /** Whether its slave was ended, or it stopped by itself. */
  readonly ended: boolean;
  readonly failures?: number;
  readonly becomes: 'runs again' | 'stays' | 'timeout';
}

const timeouts: readonly TimeoutRow[] = [
  { policy: {}, ended: false, becomes: 'runs again' },
  { policy: {}, ended: true, becomes: 'runs again' },
  { policy: { retry: false }, ended: false, becomes: 'timeout' },
  { policy: { retry: false }, ended: true, becomes: 'timeout' },
  { policy: { maxAttempts: 3 }, failures: 1, ended: false, becomes: 'runs again' },
  { policy: { maxAttempts: 3 }, failures: 2, ended: false, becomes: 'timeout' },
  { policy: { maxAttempts: 3 }, failures: 2, ended: true, becomes: 'timeout' },
  { policy: {}, ordered: true, ended: false, becomes: 'stays' },
  { policy: {}, ordered: true, ended: true, becomes: 'timeout' },
  { policy: { doItAnyway: true }, ordered: true, ended: false, becomes: 'stays' },
  { policy: { doItAnyway: true }, ordered: true, ended: true, becomes: 'runs again' },
  { policy: { retry: false, doItAnyway: true }, ordered: true, ended: false, becomes: 'timeout' },
];

for (const row of timeouts) {
  test(`a run over its time: ${JSON.stringify(row)}`, () => {
    const { policy, ordered = false, ended, failures = 0, becomes } = row;
    const parts = new Parts();
    const [slave] = parts.slaves as [SlaveRecord];
    if (ordered) makeKind(slave, 'ordered');
    const sid = ordered ? slave.sid : undefined;
    const task = createTask(0, createEntry(), { ...policy, sid, timeoutSeconds: 3 });
    task.addressTo(ordered ? slave : undefined);
    parts.fail(task, failures);
    parts.jar.add(task);
    parts.dispatch();
    if (ended) parts.settlement.takeOverdue(slave, 0, 0);
    else parts.timeout(slave, 0, 0, failures + 1);
    const fate = parts.fates.takeNext(undefined);
    assert.equal([slave.outstanding, task.failures], [0, failures + 1]);
    if (becomes === 'timeout') {
      assert.equal([fate?.reason, fate?.attempts, parts.jar.pending], ['timeout', failures + 1, 0]);
    } else {
      assert.equal([fate, task.state, task.suspect], [undefined, 'queued', false]);
      assert.is(task.addressee, becomes === 'stays' ? slave : undefined);
    }
  });
}

test('a slave that is ended for one task gets no other; what it had begun before counts, what waited does not', () => {
  const parts = new Parts({ taskGroup: 4 });
  const [slave] = parts.slaves as [SlaveRecord];
  const tasks = parts.submit(4, createEntry('slow', 1), { timeoutSeconds: 3, maxAttempts: 1 });
  parts.submit(1);
  parts.dispatch();
  parts.settlement.takeOverdue(slave, 1, 0);
  assert.equal(parts.takeFates(), ['1 timeout']);
  assert.equal(parts.dispatch(), []);
  parts.lose(slave);
  // Its result was lost, and it may run once.
  assert.equal(parts.takeFates(), ['0 max-attempts']);
  assert.equal(
    tasks.map(({ failures, runs }) => [failures, runs]),
    [
      [0, 1],
      [1, 1],
      [0, 0],
      [0, 0],
    ],
  );
});

test('what runs beside a task that is ended with its slave may have killed it: that is doubtful, no attempt', () => {
  const parts = new Parts({ slaves: 0 });
  const slave = createSlave(0, 4);
  parts.slaves.push(slave);
  const [late] = parts.submit(1, createEntry(), { timeoutSeconds: 3 }) as [Task];
  const others = [5, 2, 1].flatMap((maxAttempts) => parts.submit(1, createEntry(), { maxAttempts }));
  parts.dispatch();
  parts.settlement.takeOverdue(slave, late.index, 0);
  parts.lose(slave);
  assert.equal([late.attempt, late.runs, late.suspect], [2, 1, false]);
  assert.equal(
    others.map(({ attempt, runs, suspect, state }) => [attempt, runs, suspect, state]),
    [
      [1, 1, false, 'queued'],
      [1, 1, true, 'queued'],
      [1, 1, true, 'settled'],
    ],
  );
});

test('a slave that is ended for a task that was cancelled blames nobody', () => {
  const { parts, slave, task } = one({ timeoutSeconds: 3 });
  parts.settlement.giveUp(task, 'cancelled', 'test');
  parts.settlement.takeOverdue(slave, 0, 0);
  assert.equal([parts.takeFates(), slave.isDoomed], [['0 cancelled'], true]);
});

test.run();
