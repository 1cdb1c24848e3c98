/** Whole slaves beside a whole master in this process: what they return, report and say at their end. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listAlgorithms } from '../../src/algorithms/registry.js';
import type { AuditEvent } from '../../src/audit/events.js';
import {
  defineAlgorithm,
  type EmbeddedMaster,
  type EmbeddedMasterOptions,
  master,
  type SlaveHandle,
  type SlaveLoopReport,
  slave,
  slaveLocal,
  taskContext,
} from '../../src/index.js';
import { Slave } from '../../src/slave/slave.js';
import { OwnTime } from '../support/own-time.js';
import { until } from '../support/programs.js';

const test = suite('slave/whole slave');

/** Tasks of which this process knows that they run, and which end when the test says so. */
const begun: number[] = [];
const aborted: string[] = [];
let endAll: (() => void)[] = [];
/** Set when a task begins. */
let onBegun = (): void => {};

const square = defineAlgorithm('whole-square', (x: number) => x * x, { version: '1' });
const hang = defineAlgorithm(
  'whole-hang',
  (x: number) =>
    new Promise<number>((resolve) => {
      begun.push(x);
      endAll.push(() => resolve(x));
      const { signal } = taskContext();
      signal.addEventListener('abort', () => aborted.push(`${x}: ${signal.reason.name}`));
      onBegun();
    }),
  { version: '1' },
);
const label = slaveLocal<string>();
const who = defineAlgorithm('whole-who', () => [label.value, taskContext().sid], { version: '1' });

/** Resolves when so many tasks hang that have not ended. */
function hanging(count: number): Promise<void> {
  return new Promise((resolve) => {
    onBegun = () => {
      if (endAll.length >= count) resolve();
    };
    onBegun();
  });
}

function end(): void {
  for (const one of endAll) one();
  endAll = [];
}

/** For all tests that need not see its end: a start takes longer than most of them. */
let mw: EmbeddedMaster;
let heard: AuditEvent[] = [];

async function startMaster(options: EmbeddedMasterOptions = {}): Promise<EmbeddedMaster> {
  return await master({ clientTimeout: 5, ...options, onAudit: (event) => void heard.push(event) });
}

test.before(async () => {
  mw = await startMaster({ slaveTaskGroup: 3 });
});

test.after(() => mw.stop());

test.before.each(() => {
  end();
  begun.length = 0;
  aborted.length = 0;
  heard = [];
  onBegun = () => {};
});

const typesOf = (events: readonly AuditEvent[]) => events.map(({ type }) => type);
const only = (events: readonly AuditEvent[], type: AuditEvent['type']) =>
  events.filter((event) => event.type === type);

/**
 * Resolves when the master has heard of a slave's end: its sentinel answers the goodbye, so that the slave may be through
 * before the master's main hears of it.
 */
const itsEnd = (): Promise<void> =>
  until('the master knows of it', () =>
    heard.some(({ type }) => type === 'slave-left' || type === 'slave-lost'),
  );

/** A slave on its own, without what `slave()` does. */
function bareSlave(algorithm: (slave: SlaveHandle) => unknown, of = mw) {
  const events: AuditEvent[] = [];
  const abort = new AbortController();
  const lone = new Slave({
    locate: async () => ({
      kind: 'connect',
      broker: { urls: [`nats://127.0.0.1:${of.masterPort}`] },
      memberId: 'default-member-id',
      run: undefined,
    }),
    algorithm,
    algorithms: listAlgorithms(),
    audit: { emit: (event) => void events.push(event) },
    argv: ['one', 'two'],
    memberId: 'default-member-id',
    clientTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    signal: abort.signal,
  });
  return { lone, events, abort };
}

test('after a shutdown the default algorithm returns 0, and the trail says what happened', async () => {
  const events: AuditEvent[] = [];
  let finished: Promise<unknown> | undefined;
  const ending = await startMaster();
  await ending.run(async () => {
    // Whether it takes the port before its end is a matter of time
    const options = { noDataPort: true, onAudit: (event: AuditEvent) => void events.push(event) };
    ({ finished } = await slave(ending, options));
    assert.equal(await Promise.all([1, 2, 3].map((x) => square.future(x))), [1, 4, 9]);
    assert.is(only(heard, 'slave-lost').length, 0);
  });
  await ending.stop();
  assert.is(await finished, 0);
  const types = typesOf(events).filter((type) => !/tasks|results/.test(type));
  assert.equal(types, [
    'default-slave-algorithm',
    'connected-to-broker',
    'connected-to-master',
    'id-received',
    'shutdown-received',
    'slave-finished',
  ]);
  const count = (type: 'tasks-received' | 'results-sent') =>
    only(events, type).reduce((sum, event) => sum + ('count' in event ? event.count : 0), 0);
  assert.equal([count('tasks-received'), count('results-sent')], [3, 3]);
  assert.equal(events.at(-1), {
    type: 'slave-finished',
    outcome: 'master-shutdown',
    memberId: 'default-member-id',
  });
});

test('an algorithm of its own decides what it returns, also after a shutdown', async () => {
  const reports: SlaveLoopReport[] = [];
  let finished: Promise<unknown> | undefined;
  const ending = await startMaster();
  await ending.run(async () => {
    ({ finished } = await slave(ending, {
      algorithm: async (handle) => {
        label.value = 'mine';
        for (;;) {
          const report = await handle.slaveLoopIterate({ timeout: 60 });
          reports.push(report);
          if (report.explicitShutdown) return 7;
        }
      },
    }));
    assert.equal(await who.future(), ['mine', 'SLAVE-0']);
    assert.is(await square.future(3), 9);
  });
  await ending.stop();
  assert.is(await finished, 7);
  const report = { masterDisconnect: false, numTasks: 0, numResults: 0, resultGrouping: 'auto' };
  const first = reports.find(({ totalResultsCompleted }) => totalResultsCompleted > 0);
  assert.equal(first, { ...report, explicitShutdown: false, totalResultsCompleted: 1 });
  assert.equal(reports.at(-1), { ...report, explicitShutdown: true, totalResultsCompleted: 2 });
});

test('an algorithm that returns leaves its master, which hears of it and goes on', async () => {
  await mw.run(async () => {
    const events: AuditEvent[] = [];
    const one = await slave(mw, {
      algorithm: async (handle) => {
        while ((await handle.slaveLoop({ timeout: 60 })).totalResultsCompleted === 0);
        return handle.sid;
      },
      onAudit: (event) => void events.push(event),
    });
    assert.is(await square.future(5), 25);
    assert.match(String(await one.finished), /^SLAVE-\d+$/);
    await itsEnd();
    assert.equal(only(heard, 'slave-left').length, 1, 'it said goodbye before it ended');
    assert.is(events.at(-1)?.type, 'slave-finished');
    const { outcome } = events.at(-1) as { outcome?: string };
    assert.is(outcome, 'master-disconnect');
    assert.equal(only(heard, 'slave-lost'), []);
  });
});

test('stopped while a task runs, it leaves without it, and another slave has the task again', async () => {
  await mw.run(async () => {
    const one = await slave(mw);
    const future = hang.future(1);
    await hanging(1);
    using time = new OwnTime();
    await one.stop();
    assert.ok(time.ms < 2_000, 'it waits for no task');
    assert.is(await one.finished, 255);
    assert.equal(aborted, ['1: AbortError'], 'the task is told');
    await itsEnd();
    assert.is(only(heard, 'slave-left').length + only(heard, 'slave-lost').length, 1);
    endAll = [];
    await using other = await slave(mw);
    await hanging(1);
    assert.equal(begun, [1, 1]);
    end();
    assert.is(await future, 1);
    assert.ok(other);
    await one.stop();
  });
});

test('what the algorithm throws is what its end rejects with, and its master knows why', async () => {
  await mw.run(async () => {
    let fail = (): void => {};
    const one = await slave(mw, {
      algorithm: async () => {
        await new Promise<void>((resolve) => {
          fail = resolve;
        });
        throw new RangeError('too far');
      },
    });
    fail();
    const thrown = await one.finished.catch((error: unknown) => error);
    assert.instance(thrown, RangeError);
    await itsEnd();
    const [lost] = only(heard, 'slave-lost') as { evidence?: string }[];
    assert.is(lost?.evidence, 'its slave algorithm threw RangeError: too far');
  });
});

test('an uncaught exception lets the running task end, and no other begin', async () => {
  await mw.run(async () => {
    const { lone, events } = bareSlave((handle) => handle.slaveLoopSimple());
    const ended = lone.run();
    await lone.joined;
    const [first, second] = [hang.future(1), hang.future(2)];
    await hanging(1);
    lone.fail(new TypeError('broken'));
    lone.fail(new Error('and again'));
    end();
    assert.is(await ended, 255);
    assert.is(await first, 1);
    assert.equal(begun, [1]);
    await itsEnd();
    const [lost] = only(heard, 'slave-lost') as { evidence?: string }[];
    assert.is(lost?.evidence, 'uncaught TypeError: broken');
    assert.is(events.at(-1)?.type, 'slave-finished');
    const other = await slave(mw);
    await hanging(1);
    end();
    assert.is(await second, 2);
    await other.stop();
  });
});

test('one that fails before it has joined ends without a master', async () => {
  await mw.run(async () => {
    const { lone } = bareSlave(() => 0);
    lone.fail('no');
    assert.is(await lone.run(), 255);
    const { lone: late, abort } = bareSlave(() => 0);
    abort.abort();
    assert.is(await late.run(), 255);
    assert.equal(only(heard, 'slave-joined' as AuditEvent['type']), []);
  });
});

test('the handle has the arguments, and its run the return value', async () => {
  await mw.run(async () => {
    const { lone, events } = bareSlave(({ argv, sid }) => [...argv, sid]);
    const [one, two, sid] = (await lone.run()) as string[];
    assert.equal([one, two], ['one', 'two']);
    assert.match(sid ?? '', /^SLAVE-\d+$/);
    assert.is(only(events, 'connected-to-master').length, 1);
  });
});

test('tasks run side by side, and those cancelled or out of time hear of it, and are left if they go on', async () => {
  await mw.run(async () => {
    const one = await slave(mw, { slaveConcurrency: 3 });
    const once = { maxAttempts: 1, doItAnyway: false };
    const late = hang.withTaskPolicy({ ...once, timeoutSeconds: 0.05 }).future(2);
    const fate = late.catch((error: unknown) => error);
    const cancelled = hang.funcall(1);
    const third = hang.future(3);
    await hanging(3);
    assert.equal(begun, [2, 1, 3]);
    assert.is(mw.cancel(cancelled), true);
    await until('both have heard of it', () => aborted.length === 2);
    assert.equal(aborted.sort(), ['1: AbortError', '2: TimeoutError']);
    assert.instance(await fate, Error, 'it did not stop two seconds after its limit');
    end();
    assert.is(await third, 3);
    assert.is(await square.future(4), 16, 'the slave goes on');
    await one.stop();
    assert.equal(only(heard, 'slave-lost'), []);
  });
});

test('a signal after a shutdown does not wait for a task that runs', async () => {
  const ending = await startMaster();
  const { lone, events, abort } = bareSlave((handle) => handle.slaveLoopSimple(), ending);
  const ended = lone.run();
  await lone.joined;
  const lost = ending.run(() => hang.future(1)).catch((error: unknown) => error);
  await hanging(1);
  const stopped = ending.stop();
  await until('the shutdown', () => only(events, 'shutdown-received').length > 0);
  abort.abort();
  assert.is(await ended, 0);
  end();
  await stopped;
  assert.instance(await lost, Error);
});

test('a signal after a shutdown lets the algorithm say its own code', async () => {
  const ending = await startMaster();
  let finish = (): void => {};
  const finishing = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const algorithm = async (handle: SlaveHandle): Promise<number> => {
    await handle.slaveLoopSimple();
    await finishing;
    return 7;
  };
  const { lone, events, abort } = bareSlave(algorithm, ending);
  const ended = lone.run();
  await lone.joined;
  const stopped = ending.stop();
  await until('the shutdown', () => only(events, 'shutdown-received').length > 0);
  abort.abort();
  finish();
  assert.is(await ended, 7);
  await stopped;
});

test('a master of another member id refuses it', async () => {
  await mw.run(async () => {
    const message = await slave(mw.masterPort, { memberId: 'other', connectTimeout: 30 }).catch(
      (error: Error) => error.message,
    );

    assert.match(String(message), /its member id is "other", the master's is "default-member-id"/);
  });
});

test.run();
