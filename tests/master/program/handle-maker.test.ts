/** The program's handle of its master, over a core without slaves: what its calls take, give, refuse and wait for. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../../src/algorithms/define-algorithm.js';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import { definitionOf } from '../../../src/algorithms/registry.js';
import type { AlgorithmDefinition, TaskPolicy } from '../../../src/algorithms/types.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import { StoppedError, UsageError } from '../../../src/errors.js';
import { MasterCore } from '../../../src/master/core/master-core.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { HandleMaker, sourceFailed } from '../../../src/master/program/handle-maker.js';
import type { MasterHandle } from '../../../src/master/program/master-handle.js';
import { Wakeups } from '../../../src/master/program/wakeups.js';
import { until } from '../../support/programs.js';
import { coreOptions, createSlave, createTask, makeKind } from '../parts.js';

const square = defineAlgorithm('square', (n: number) => n * n);
const cube = defineAlgorithm('cube', (n: number) => n ** 3);
const stranger = defineAlgorithm('stranger', (n: number) => n);
const [squareDefinition, cubeDefinition] = [square, cube].map(definitionOf) as [
  AlgorithmDefinition,
  AlgorithmDefinition,
];

class Stage {
  readonly wakeups = new Wakeups();
  readonly events: AuditEvent[] = [];
  dispatches = 0;
  readonly core: MasterCore;
  readonly master: MasterHandle;

  constructor() {
    this.core = new MasterCore(
      coreOptions(
        { news: () => this.wakeups.tell() },
        {
          algorithms: [squareDefinition, cubeDefinition],
          audit: { ...silentAudit, emit: (event: AuditEvent) => void this.events.push(event) },
        },
      ),
    );
    const dispatchSoon = (): void => void this.dispatches++;
    const { core, wakeups } = this;
    const audit = { ...silentAudit, emit: (event: AuditEvent) => void this.events.push(event) };
    const machines = (): never => {
      throw new UsageError('no machines');
    };
    this.master = new HandleMaker({
      core,
      wakeups,
      dispatchSoon,
      audit,
      onAllocated: () => {},
      machines,
    }).createHandle(['--own'], undefined);
  }

  submit(argument: number, definition = squareDefinition, policy: TaskPolicy = {}) {
    return this.core.intake.submit(definition, [argument], resolvePolicy(policy));
  }

  /** A result that the program has not taken. */
  putResult(number: number, definition = squareDefinition): void {
    const task = createTask(number, this.core.entryOf(definition));
    this.core.fates.put(TaskFate.ok(task, 0, number, 0.1, 10));
  }

  join(kind: 'ordered' | 'intermingle' | 'unordered', number = 0): SlaveRecord {
    const slave = createSlave(number);
    makeKind(slave, kind);
    this.core.roster.add(slave);
    this.core.groups.onJoined(slave);
    return slave;
  }
}

const test = suite('master/handle-maker');
const stopped = (): StoppedError => new StoppedError('SIGTERM', { pending: 1, untaken: 0 });
const refusal =
  (pattern: RegExp) =>
  (error: Error): boolean =>
    error instanceof UsageError && pattern.test(error.message);

test('it tells what is pending, and what is missing to the target number', () => {
  const { master, ...stage } = new Stage();
  assert.equal(master.argv, ['--own']);
  assert.is(master.signal, stage.core.signal);
  assert.equal([master.targetNumber, master.uptoTargetNumber, master.pendingTasks], [0, 0, 0]);
  master.targetNumber = 3;
  stage.core.intake.submit(squareDefinition, [1], resolvePolicy({}));
  assert.equal([master.targetNumber, master.uptoTargetNumber], [3, 2]);
  assert.equal([master.pendingTasks, master.numRunnableTasks, master.numUnrunnableTasks], [1, 1, 0]);
  master.targetNumber = -5;
  assert.equal([master.targetNumber, master.uptoTargetNumber], [0, 0]);
  for (const wrong of [0.5, Number.NaN, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
    assert.throws(
      () => {
        master.targetNumber = wrong;
      },
      refusal(/whole number/),
    );
  }
  assert.is(master.targetNumber, 0);
});

test('it hands over the fates of the algorithms that are named, and refuses what is none', () => {
  const stage = new Stage();
  stage.putResult(1);
  stage.putResult(2, cubeDefinition);
  stage.putResult(3);
  const numbers = (fates: readonly { readonly taskId: string }[]) => fates.map(({ taskId }) => taskId);
  assert.equal(numbers(stage.master.getResults(cube)), ['TASK-2']);
  assert.equal(numbers(stage.master.getResults(cube)), []);
  assert.equal(numbers(stage.master.getResults()), ['TASK-1', 'TASK-3']);
  stage.master.cancel(stage.submit(1));
  assert.is(stage.master.numUnrunnableTasks, 1);
  assert.is(stage.master.getUnrunnableTasks(cube).length, 0);
  assert.is(stage.master.getUnrunnableTasks(square, cube).length, 1);
  assert.is(stage.master.numUnrunnableTasks, 0);
  assert.throws(() => stage.master.getResults((() => 1) as never), refusal(/defineAlgorithm/));
  assert.throws(() => stage.master.getResults(stranger), refusal(/"stranger" was defined after/));
});

test('it iterates over what is there and ends when nothing is pending', async () => {
  const stage = new Stage();
  stage.putResult(1);
  stage.putResult(2, cubeDefinition);
  const seen: string[] = [];
  for await (const { taskId } of stage.master.results(square)) seen.push(taskId);
  for await (const { taskId } of stage.master.results()) seen.push(taskId);
  assert.equal(seen, ['TASK-1', 'TASK-2']);
});

test('it cancels by id, once, and refuses what is no id', () => {
  const stage = new Stage();
  const taskId = stage.submit(1);
  assert.ok(stage.master.cancel(taskId));
  assert.not(stage.master.cancel(taskId));
  for (const id of ['TASK-x', 'SLAVE-1', 'TASK-1 ', '', 7n, Symbol('TASK-1'), Object.create(null)]) {
    assert.throws(() => stage.master.cancel(id as never), refusal(/is no task id/));
  }
});

test('it answers about any id, and refuses what is none', () => {
  const stage = new Stage();
  const taskId = stage.submit(1);
  const { state, because } = stage.master.why(taskId);
  assert.equal(
    [state, because, stage.master.why('TASK-7').because],
    ['queued', 'no-slaves', 'never-submitted'],
  );
  assert.is(stage.master.whySlave('SLAVE-7').because, 'never-joined');
  for (const id of ['TASK-x', 'SLAVE', 7, undefined]) {
    assert.throws(() => stage.master.why(id as never), refusal(/is no task id; give one such as TASK-17/));
    assert.throws(
      () => stage.master.whySlave(id as never),
      refusal(/is no slave id; give one such as SLAVE-3/),
    );
  }
});

test('it allocates a thousand unordered slaves unless told otherwise', () => {
  const stage = new Stage();
  const { master, core } = stage;
  master.allocateSlaves();
  assert.is(core.groups.slavesNeeded, 1_000);
  master.allocateSlaves({ amount: 2, kind: 'ordered' });
  assert.is(core.groups.slavesNeeded, 1_002);
  master.deallocateSlaves({ amount: 1, kind: 'ordered' });
  assert.is(core.groups.slavesNeeded, 1_001);
  master.deallocateSlaves();
  assert.is(core.groups.slavesNeeded, 1);
  master.allocateSlaves({ amount: 0 });
  assert.is(core.groups.slavesNeeded, 1);
  for (const amount of [-1, 1.5, Number.NaN]) {
    assert.throws(() => master.allocateSlaves({ amount }), refusal(/whole number from 0/));
    assert.throws(() => master.deallocateSlaves({ amount }), refusal(/whole number from 0/));
  }
  assert.throws(() => master.allocateSlaves({ kind: 'idle' as never }), refusal(/a group of slaves/));
});

test('it frees an ordered slave and has the others served, and tells who came', () => {
  const stage = new Stage();
  const { master } = stage;
  stage.join('unordered', 4);
  stage.core.groups.allocate(1, 'ordered');
  assert.not(master.freeSlave('SLAVE-5'));
  assert.is(stage.dispatches, 0);
  assert.ok(master.freeSlave('SLAVE-4'));
  assert.is(stage.dispatches, 1);
  assert.not(master.freeSlave('SLAVE-4'), 'it is unordered by now');
  assert.throws(() => master.freeSlave('TASK-4' as never), refusal(/is no slave id/));
  assert.equal(master.getConnectedOrderedSlaves(), [{ sid: 'SLAVE-4', kind: 'ordered' }]);
  assert.equal(master.getConnectedOrderedSlaves(), []);
  assert.equal(master.getDisconnectedOrderedSlaves(), []);
});

test('it submits a failed task again, with its policy or another one, and no other', () => {
  const stage = new Stage();
  const { master, core } = stage;
  master.cancel(stage.submit(7, squareDefinition, { tag: 'first', priority: 3 }));
  const [failed] = master.getUnrunnableTasks(square) as [
    ReturnType<typeof master.getUnrunnableTasks>[number],
  ];
  assert.is(master.resubmit(failed as never), 'TASK-1');
  assert.is(stage.dispatches, 1);
  assert.is(master.resubmit(failed as never, { tag: 'other' }), 'TASK-2');
  assert.is(core.pending, 2);
  for (const id of ['TASK-1', 'TASK-2'] as const) master.cancel(id);
  const again = master.getUnrunnableTasks(square);
  assert.equal(
    again.map(({ tag, args }) => [tag, args]),
    [
      ['first', [7]],
      ['other', [7]],
    ],
  );
  stage.putResult(9);
  const [good] = master.getResults();
  for (const wrong of [good, {}, undefined, 'TASK-0', { status: 'unrunnable', taskId: 'TASK-0' }]) {
    assert.throws(() => master.resubmit(wrong as never), refusal(/unrunnable or error/));
  }
});

test('its loop reports what there is to take', async () => {
  const stage = new Stage();
  stage.putResult(1);
  stage.putResult(2);
  stage.master.cancel(stage.submit(1));
  assert.equal(await stage.master.masterLoop(), {
    numUnrunnableTasks: 1,
    numResults: 2,
    numConnectedSlaves: 0,
    numDisconnectedSlaves: 0,
  });
});

for (const news of ['numResults', 'numUnrunnableTasks', 'numConnectedSlaves'] as const) {
  test(`its loop returns for ${news} alone, at once`, async () => {
    const stage = new Stage();
    if (news === 'numResults') stage.putResult(1);
    else if (news === 'numUnrunnableTasks') stage.master.cancel(stage.submit(1));
    else {
      stage.join('intermingle');
    }
    const report = await stage.master.masterLoop();
    assert.is(report[news], 1);
    assert.is(stage.wakeups.waiting, 0);
  });
}

test('its loop lets the event loop turn though there is news, and waits for none without a timeout', async () => {
  const stage = new Stage();
  let turns = 0;
  setImmediate(() => turns++);
  await stage.master.masterLoop({ timeout: 0 });
  assert.is(turns, 1);
  stage.putResult(1);
  setImmediate(() => turns++);
  await stage.master.masterLoop();
  assert.is(turns, 2);
});

test('its loop waits for news, as a reader from whom nothing is held back, and no longer than its timeout', async () => {
  const stage = new Stage();
  stage.submit(1);
  let returned = 0;
  const waits = [stage.master.masterLoop(), stage.master.masterLoop({ timeout: 3_600 })].map((wait) =>
    wait.then((report) => {
      returned++;
      return report;
    }),
  );
  assert.ok(stage.core.demand.isWaiting);
  // News that is not for it: it waits on.
  stage.wakeups.tell();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal([returned, stage.wakeups.waiting], [0, 2]);
  stage.putResult(1);
  stage.wakeups.tell();
  for (const { numResults } of await Promise.all(waits)) assert.is(numResults, 1);
  stage.master.getResults();
  assert.not(stage.core.demand.isOverfull);
  assert.is((await stage.master.masterLoop({ timeout: 0.01 })).numResults, 0);
  assert.is((await stage.master.masterLoopIterate()).numResults, 0, 'a pass ends by itself');
  assert.not(stage.core.demand.isWaiting, 'nobody waits any more');
});

test('options that a call does not have are refused, and those that are none', async () => {
  const { master } = new Stage();
  const calls: Readonly<Record<string, (options: never) => unknown>> = {
    submitAll: (options) => master.submitAll([1], () => {}, options),
    cancel: (options) => master.cancel('TASK-0', options),
    allocateSlaves: (options) => master.allocateSlaves(options),
    deallocateSlaves: (options) => master.deallocateSlaves(options),
    masterLoop: (options) => master.masterLoop(options),
    masterLoopIterate: (options) => master.masterLoopIterate(options),
  };
  for (const [name, call] of Object.entries(calls)) {
    const refused = async (options: unknown): Promise<unknown> => {
      try {
        return await call(options as never);
      } catch (error) {
        assert.instance(error, UsageError);
        return (error as Error).message;
      }
    };
    assert.match(String(await refused({ tarhetNumber: 3 })), `${name} has no option "tarhetNumber"; it may `);
    for (const options of [null, [], 5]) {
      assert.match(String(await refused(options)), `the options of ${name} are an object of `);
    }
  }
  assert.throws(
    () => master.cancel('TASK-0', { kill: 1 as never }),
    refusal(/kill of cancel is true or false/),
  );
});

test('its loops refuse a timeout that is no number from 0', async () => {
  const { master } = new Stage();
  for (const timeout of [-1, Number.NaN, '1' as unknown as number]) {
    for (const name of ['masterLoop', 'masterLoopIterate'] as const) {
      try {
        await master[name]({ timeout });
        assert.unreachable(`${name} took ${timeout}`);
      } catch (error) {
        assert.instance(error, UsageError);
        assert.match((error as Error).message, name);
      }
    }
  }
});

test('whatever waits or asks is told that the master has ended', async () => {
  const stage = new Stage();
  const failed = stage.submit(1);
  stage.master.cancel(failed);
  const [fate] = stage.master.getUnrunnableTasks();
  stage.submit(2);
  const end = stopped();
  const loop = stage.master.masterLoop().catch((error: unknown) => error);
  const next = stage.master
    .results()
    .next()
    .catch((error: unknown) => error);
  stage.core.end(end);
  assert.equal(await Promise.all([loop, next]), [end, end]);
  assert.is(await stage.master.masterLoop().catch((error: unknown) => error), end);
  for (const call of [
    () => stage.master.resubmit(fate as never),
    () => stage.master.submitAll([1], () => {}),
  ]) {
    try {
      call();
      assert.unreachable('it took it');
    } catch (error) {
      assert.is(error, end);
    }
  }
});

/** Lets what is drawn be drawn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

for (const [what, own, targetNumber, drawn] of [
  ['its own target number', 9, 3, 3],
  ["the master's", 4, undefined, 4],
] as const) {
  test(`it draws as many as ${what} says`, async () => {
    const stage = new Stage();
    stage.master.targetNumber = own;
    const items = Array.from({ length: 20 }, (_, n) => n);
    stage.master.submitAll(
      items,
      (n) => void stage.submit(n),
      targetNumber === undefined ? {} : { targetNumber },
    );
    await settle();
    assert.is(stage.core.pending, drawn);
    assert.is(stage.core.demand.openSources, 1);
    assert.is(stage.core.counters().undrawn, 20 - drawn);
    items.push(20);
    assert.is(stage.core.counters().undrawn, 21 - drawn, 'an array may grow, as its own iterator knows');
    stage.core.end(stopped());
    await settle();
  });
}

test('without a target number it draws ten thousand, and says when the source is through', async () => {
  const stage = new Stage();
  let pending = 0;
  stage.master.submitAll(Array.from({ length: 300 }), () => void pending++);
  await until('the source is through', () => stage.core.demand.openSources === 0);
  assert.is(pending, 300);
});

test('of a source that is not an array, nobody knows how much is left', async () => {
  const stage = new Stage();
  class Twice extends Array<number> {
    override *[Symbol.iterator](): ArrayIterator<number> {
      for (let index = 0; index < 2 * this.length; index++) yield this[index % this.length] as number;
    }
  }
  for (const items of [new Set([1, 2]), Twice.of(1, 2)]) {
    let drawn = 0;
    stage.master.submitAll(items, () => {
      drawn++;
      assert.is(stage.core.counters().undrawn, undefined);
    });
    await settle();
    assert.is(drawn, items instanceof Set ? 2 : 4);
    assert.is(stage.core.counters().undrawn, 0);
  }
});

test('what a source throws is thrown by the loop, once', async () => {
  const stage = new Stage();
  const fault = new Error('no more');
  stage.master.submitAll(
    (function* () {
      yield 1;
      throw fault;
    })(),
    (n) => void stage.submit(n),
  );
  assert.is(await stage.master.masterLoop().catch((error: unknown) => error), fault);
  assert.is((await stage.master.masterLoop({ timeout: 0 })).numResults, 0);
});

test('a source that failed is left behind until a reader has had its error', async () => {
  const stage = new Stage();
  const fault = new Error('no such item');
  stage.master.submitAll([1], () => {
    throw fault;
  });
  await settle();
  assert.is(stage.core.leftovers().sources, 1);
  assert.is(await stage.master.masterLoop({ timeout: 0 }).catch((error: unknown) => error), fault);
  assert.is(stage.core.leftovers().sources, 0);
});

test('what a source throws after the end is in the trail, unless it is the end itself', async () => {
  for (const [thrown, told] of [
    ['the end', 0],
    ['caused by the end', 0],
    ['something else', 1],
  ] as const) {
    const stage = new Stage();
    const end = stopped();
    const other = new Error('elsewhere');
    const faults = {
      'the end': end,
      'caused by the end': new Error('x', { cause: end }),
      'something else': other,
    };
    stage.master.submitAll(
      (async function* () {
        yield 1;
        await new Promise((resolve) => stage.master.signal.addEventListener('abort', resolve));
        throw faults[thrown];
      })(),
      (n) => void stage.submit(n),
    );
    await settle();
    stage.core.end(end);
    await settle();
    const errors = stage.events.filter(({ type }) => type === 'error');
    assert.equal(errors, told === 0 ? [] : [{ type: 'error', text: sourceFailed(other) }], thrown);
  }
});

test('it draws only from what can be drawn from', () => {
  const { master } = new Stage();
  const submit = (): void => {};
  for (const items of [undefined, null, 5, {}, () => {}]) {
    assert.throws(() => master.submitAll(items as never, submit), refusal(/an iterable/));
  }
  assert.throws(() => master.submitAll([], 'square' as never), refusal(/a function of an item/));
  for (const targetNumber of [0, -1, 1.5, '3' as unknown as number, Object.create(null)]) {
    assert.throws(() => master.submitAll([], submit, { targetNumber }), refusal(/from 1/));
  }
  assert.throws(
    () => master.submitAll([], submit, { targetNumber: '3' as never }),
    refusal(/from 1; got "3"/),
  );
  master.submitAll('text', submit, { targetNumber: 1 });
});

test('its loop returns for as many of one news as of another', async () => {
  const stage = new Stage();
  stage.putResult(1);
  stage.master.cancel(stage.submit(1));
  stage.join('ordered');
  const { numResults, numUnrunnableTasks, numConnectedSlaves } = await stage.master.masterLoop();
  assert.equal([numResults, numUnrunnableTasks, numConnectedSlaves, stage.wakeups.waiting], [1, 1, 1, 0]);
});

test('its loop returns for a slave that left, and for one that came while another left', async () => {
  for (const comes of [false, true]) {
    const stage = new Stage();
    const slave = stage.join('ordered');
    stage.master.getConnectedOrderedSlaves();
    if (comes) stage.join('ordered', 1);
    stage.core.groups.onGone(slave, 'silent');
    const { numConnectedSlaves, numDisconnectedSlaves } = await stage.master.masterLoop();
    assert.equal([numConnectedSlaves, numDisconnectedSlaves], [comes ? 1 : 0, 1]);
    assert.equal(stage.master.getDisconnectedOrderedSlaves(), [{ sid: 'SLAVE-0', kind: 'ordered' }]);
  }
});

test('its loop gives out what was submitted before it waits', async () => {
  const stage = new Stage();
  let dispatched = 0;
  stage.core.dispatch = () => void dispatched++;
  const loop = stage.master.masterLoop();
  assert.equal([dispatched, stage.wakeups.waiting], [1, 1]);
  stage.putResult(1);
  stage.wakeups.tell();
  await loop;
});

test.run();
