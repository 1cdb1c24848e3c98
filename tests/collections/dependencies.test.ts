/** Futures as arguments of tasks: lparallel's ptrees. */
import {
  defineAlgorithm,
  type EmbeddedMaster,
  type Future,
  master,
  pmap,
  portable,
  preduce,
  slave,
  TaskError,
  UnrunnableError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { suiteInTurns } from '../support/turns.js';

const add = defineAlgorithm('ptree.add', (a: number, b: number) => a + b);
const plus = defineAlgorithm('ptree.plus', (...ns: number[]) => ns.reduce((sum, n) => sum + n, 0));
const total = defineAlgorithm(
  'ptree.total',
  ({ list, more }: { list: number[]; more: Map<string, number> }) =>
    list.reduce((sum, n) => sum + n, 0) + (more.get('x') ?? 0),
);
const bytes = defineAlgorithm('ptree.bytes', (length: number) => new Uint8Array(length).fill(7));
const sizes = defineAlgorithm('ptree.sizes', (one: Uint8Array, two: Uint8Array) => [one.length, two.length]);
const apply = defineAlgorithm('ptree.apply', (fn: (x: number) => number, x: number) => fn(x));
const longer = defineAlgorithm('ptree.longer', (a: Uint8Array, b: Uint8Array) =>
  a.length > b.length ? a : b,
);
const fail = defineAlgorithm('ptree.fail', (text: string): number => {
  throw new RangeError(text);
});

const test = suiteInTurns('futures as arguments');

let mw: EmbeddedMaster;

test.both('a master and a slave begin', async () => {
  mw = await master({ maxMessageSize: '64k' });
  await slave(mw, { maxMessageSize: '64k' });
});

test.after(() => mw.stop());

async function unrunnableOf(future: Promise<unknown>): Promise<UnrunnableError> {
  const error: unknown = await future.catch((reason) => reason);
  assert.instance(error, UnrunnableError);
  return error as UnrunnableError;
}

test('the task gets the values, whether they are there already or not', () =>
  mw.run(async () => {
    const three = add.future(1, 2);
    assert.is(await add.future(three, add.future(three, three)), 9);
    await three;
    assert.is(await add.future(three, 1), 4);
    assert.equal(await pmap(plus, [1, three as unknown as number]), [1, 3]);
  }));

test('a future may be anywhere in an argument, more than once, and beside raw bytes', () =>
  mw.run(async () => {
    const two = add.future(1, 1);
    const more = new Map([['x', add.future(50, 50)]]) as unknown as Map<string, number>;
    assert.is(await total.future({ list: [two, 5, two], more }), 109);
    assert.equal(await sizes.future(new Uint8Array(3), bytes.future(5)), [3, 5]);
  }));

test('arguments are those of the submission', () =>
  mw.run(async () => {
    const list: (number | Future<number>)[] = [1, add.future(1, 1)];
    const sum = total.future({ list, more: new Map() });
    list.length = 0;
    assert.is(await sum, 3);
  }));

test('a graph of a thousand nodes', () =>
  mw.run(async () => {
    const nodes: Future<number>[] = [add.future(0, 1), add.future(0, 1)];
    const expected = [1, 1];
    for (let n = 2; n < 1_000; n++) {
      const [a, b] = [n - 1 - (n % 2), Math.floor(n / 2)];
      nodes.push(add.future(nodes[a] as Future<number>, nodes[b] as Future<number>));
      expected.push(((expected[a] ?? 0) + (expected[b] ?? 0)) % Number.MAX_SAFE_INTEGER);
    }
    assert.equal(await Promise.all(nodes.slice(0, 60)), expected.slice(0, 60));
    assert.is((await Promise.all(nodes)).length, 1_000);
  }));

test.long('a chain of ten thousand', () =>
  mw.run(async () => {
    let last: Future<number> = add.future(0, 1);
    for (let n = 1; n < 10_000; n++) last = add.future(last, 1);
    assert.is(await last, 10_000);
    assert.is(mw.pendingTasks, 0);
  }),
);

test.long('one that failed makes its dependants unrunnable, along a chain of ten thousand', () =>
  mw.run(async () => {
    const first = fail.future('no');
    const chain: Future<number>[] = [first];
    for (let n = 1; n < 10_000; n++) chain.push(add.future(chain[n - 1] as Future<number>, 1));
    const ends = await Promise.allSettled(chain);
    assert.is(ends.filter(({ status }) => status === 'rejected').length, 10_000);
    const direct = await unrunnableOf(chain[1] as Promise<number>);
    assert.is(direct.reason, 'dependency');
    assert.is(direct.failedTaskId, first.taskId);
    assert.instance(direct.cause, TaskError);
    assert.match(
      direct.message,
      `${direct.taskId} needs the value of ${first.taskId}, which failed: RangeError: no`,
    );
    const last = await unrunnableOf(chain[9_999] as Promise<number>);
    assert.is(last.failedTaskId, first.taskId);
    assert.is(last.cause, direct.cause);
    assert.match(last.message, `which failed since ${first.taskId} did: RangeError: no`);
    assert.is(mw.pendingTasks, 0);
  }),
);

test('one that failed makes its dependants unrunnable', () =>
  mw.run(async () => {
    const first = fail.future('no');
    const second = await unrunnableOf(add.future(add.future(first, 1), 2));
    assert.equal([second.reason, second.failedTaskId], ['dependency', first.taskId]);
    assert.match(second.message, `which failed since ${first.taskId} did: RangeError: no`);
  }));

test('a cancelled one too, and a dependant may be cancelled itself', () =>
  mw.run(async () => {
    const halt = new AbortController();
    const never = add.withTaskPolicy({ sid: 'SLAVE-900', doItAnyway: true, signal: halt.signal });
    const one = never.future(1, 2);
    const dependant = add.future(one, 1);
    one.cancel();
    assert.is((await unrunnableOf(dependant)).failedTaskId, one.taskId);
    const slow = add.future(1, 1);
    const taken = add.future(slow, 1);
    assert.is(taken.cancel(), true);
    assert.is((await unrunnableOf(taken)).reason, 'cancelled');
    assert.is(await slow, 2);
  }));

test('funcall waits too, and its fate has the future among its arguments when that failed', () =>
  mw.run(async () => {
    const failing = fail.future('no');
    add.funcall(failing, 4);
    add.funcall(add.future(1, 2), 4);
    await failing.catch(() => {});
    const fates = [];
    for await (const fate of mw.results(add)) fates.push(fate);
    const lost = fates.find(({ status }) => status === 'unrunnable');
    assert.is(lost?.args[0] as unknown, failing);
    assert.is(lost?.args[1], 4);
    const fine = fates.find(({ status }) => status === 'ok');
    assert.equal([fine?.status, fine?.args], ['ok', [3, 4]]);
  }));

test('values that do not fit into a message make the task unrunnable, and say so', () =>
  mw.run(async () => {
    const half = bytes.future(40_000);
    const error = await unrunnableOf(sizes.future(half, bytes.future(40_001)));
    assert.is(error.reason, 'dependency');
    assert.match(error.message, /cannot be sent with the values of TASK-\d+, TASK-\d+: .*--max-message-size/);
  }));

test('tasks and results that fill the least message each are not put together', () =>
  mw.run(async () => {
    const long = Array.from({ length: 10 }, (_, n) => new Uint8Array(20_000 + n));
    const lengths = long.map((one) => sizes.future(one, one));
    assert.equal(
      await Promise.all(lengths),
      long.map(({ length }) => [length, length]),
    );
    const folded = await preduce(longer, long);
    assert.is(folded.length, 20_009);
  }));

test('the types take futures where values are expected, and no others', () => {
  // @ts-expect-error a future of a string
  const wrong = (future: Future<string>) => add.future(future, 1);
  const right = (future: Future<number>) => [
    add.future(future, 1),
    total.future({ list: [1, future], more: new Map() }),
  ];
  // The parameter's type is the context of the function's own parameter
  const contextual = () => [
    apply.future(
      portable((x) => x + 1),
      3,
    ),
  ];
  assert.is(typeof wrong, typeof right);
  assert.is(typeof contextual, typeof right);
});

test.run();
