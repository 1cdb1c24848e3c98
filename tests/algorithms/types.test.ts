/** Types of algorithms: the right calls compile, and each wrong one must not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import { portable } from '../../src/algorithms/portable.js';
import { makeQueue, type TaskQueue } from '../../src/algorithms/queue.js';
import type { Shared } from '../../src/algorithms/shared.js';
import type {
  Algorithm,
  AnyAlgorithm,
  Fate,
  FateOf,
  Future,
  SlaveId,
  TaskId,
} from '../../src/algorithms/types.js';
import { share } from '../../src/wire/shares/share.js';
import { shareFile } from '../../src/wire/shares/share-file.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(verdict: Same<A, B>): void => void verdict;

type Json = string | number | boolean | null | Json[] | { readonly [key: string]: Json };
type Formula = number | [operator: '+' | '*', left: Formula, right: Formula] | readonly ['sum', ...Formula[]];
type Rose = readonly (number | Rose)[];

interface Job {
  readonly seed: number;
  readonly label?: string | undefined;
}

const hello = defineAlgorithm('types.hello', (name: string) => `Hello World: ${name}`);
const square = defineAlgorithm('types.square', async (x: number) => x * x);
const nothing = defineAlgorithm('types.nothing', () => {});
const optional = defineAlgorithm('types.optional', (a: string, b?: number) => [a, b]);
const defaulted = defineAlgorithm('types.defaulted', (a: string, b = 2) => a.repeat(b));
const rest = defineAlgorithm('types.rest', (first: string, ...more: number[]) => more.length + first.length);
const job = defineAlgorithm('types.job', ({ seed, label = 'none' }: Job) => ({ seed, label }));
const factorial = defineAlgorithm('types.factorial', (n: bigint): bigint =>
  n < 2n ? 1n : n * factorial(n - 1n),
);
const identity = defineAlgorithm('types.identity', <T>(value: T) => value);
const table = defineAlgorithm(
  'types.table',
  (rows: Float64Array, { names }: { names: string[] }) => rows.length + names.length,
);
const json = defineAlgorithm('types.json', (value: Json): Json => value);
const formula = defineAlgorithm('types.formula', (tree: Formula): number => (tree === 1 ? 1 : 0));
const rose = defineAlgorithm('types.rose', (tree: Rose) => tree.length);
const tuple = defineAlgorithm('types.tuple', (parts: [number, string?, ...boolean[]]) => parts.length);
const declared = defineAlgorithm('types.declared', declaredFunction, { version: '3', policy: { tag: 1 } });

function declaredFunction(this: void, when: Date): number {
  return when.getTime();
}

/** Compiled and never run: the compiler is the test. */
export async function rightCalls(): Promise<void> {
  same<typeof hello.name, 'types.hello'>(true);
  same<ReturnType<typeof hello.funcall>, TaskId>(true);
  same<ReturnType<typeof hello>, string>(true);
  same<ReturnType<typeof square>, Promise<number>>(true);
  same<ReturnType<typeof square.future>, Future<number>>(true);
  same<ReturnType<typeof nothing.future>, Future<void>>(true);
  const named: Algorithm<'types.hello', (name: string) => string> = hello;
  const any: AnyAlgorithm[] = [hello, square, nothing, optional, rest, job, factorial, identity, named];
  void any;
  hello.funcall('Ada');
  (await hello.future('Ada')).toUpperCase();
  (await square.future(3)).toFixed();
  nothing.funcall();
  optional.funcall('a');
  optional.funcall('a', 3);
  optional.funcall('a', undefined);
  defaulted.funcall('a');
  defaulted.funcall('a', 3);
  rest.funcall('a');
  rest.funcall('a', 1, 2, 3);
  job.funcall({ seed: 1 });
  (await job.future({ seed: 1, label: 'x' })).label.trim();
  factorial.funcall(20n);
  declared.funcall(new Date());
  identity.funcall('anything');
  identity('kept').trim();
  const sid: SlaveId = 'SLAVE-1';
  const submit = hello.withTaskPolicy({ sid, tag: Symbol('any'), doItAnyway: true, retry: false });
  const ids: TaskId[] = ['a', 'b'].map(submit);
  const packets: string[] = await Promise.all(['a', 'b'].map(submit.future));
  const rows: Shared<Float64Array> = share(new Float64Array(8));
  const names = share(['a']);
  same<typeof names, Shared<string[]>>(true);
  table.funcall(rows, { names });
  table.funcall(rows, share({ names: ['a'] }));
  await table.future(rows, { names: ['a'] });
  table.withTaskPolicy({ retry: false })(rows, { names });
  hello.funcall(share('Ada'));
  hello.funcall(await shareFile('ada.txt'));
  {
    using scoped = share(1);
    await square.future(scoped);
    scoped.release();
  }
  portable((i: number) => new Float64Array(8)[i], { rows });
  json.funcall({ list: [1, null, 'x', [json.future(true)]], deep: { deep: json.future(1) } });
  json.funcall(await json.future([1]));
  formula.funcall(['+', 1, ['*', formula.future(2), ['sum', 3, formula.future(4)]]]);
  rose.funcall([1, [2, [rose.future([3])], square.future(4)]]);
  tuple.funcall([1]);
  tuple.funcall([square.future(1), hello.future('a'), true]);
  hello.targetNumber = ids.length + packets.length;
  hello.targetNumber -= hello.pendingTasks + hello.uptoTargetNumber;
}

export async function wrongCalls(): Promise<void> {
  // @ts-expect-error wrong argument
  hello.funcall(3);
  // @ts-expect-error a shared value of another type
  hello.funcall(share(3));
  // @ts-expect-error ... also at a depth
  table.funcall(new Float64Array(1), { names: share([1]) });
  // @ts-expect-error a handle is not the value here
  table(share(new Float64Array(1)), { names: [] });
  // @ts-expect-error only share makes one
  hello.funcall({ key: '', bytes: 1, released: false, release() {} });
  // @ts-expect-error too few
  hello.funcall();
  // @ts-expect-error too many
  hello.funcall('a', 'b');
  // @ts-expect-error wrong argument, run here
  hello(3);
  // @ts-expect-error wrong argument
  hello.future(3);
  // @ts-expect-error a packet is no number
  (await hello.future('a')).toFixed();
  // @ts-expect-error a promise's packet is what it resolves to
  (await square.future(3)).then;
  // @ts-expect-error no parameters
  nothing.funcall(1);
  // @ts-expect-error wrong optional
  optional.funcall('a', 'b');
  // @ts-expect-error wrong default
  defaulted.funcall('a', 'b');
  // @ts-expect-error wrong rest
  rest.funcall('a', 1, 'b');
  // @ts-expect-error missing field
  job.funcall({ label: 'x' });
  // @ts-expect-error no value of this type, at a depth
  json.funcall({ list: [1, undefined] });
  // @ts-expect-error ... of a formula
  formula.funcall(['+', 1, ['/', 1, 1]]);
  // @ts-expect-error a formula has two sides
  formula.funcall(['+', 1]);
  // @ts-expect-error a future of another type, at a depth
  rose.funcall([1, [2, [hello.future('a')]]]);
  // @ts-expect-error the first part is needed
  tuple.funcall([]);
  // @ts-expect-error a future of another type in its place
  tuple.funcall([1, square.future(1)]);
  // @ts-expect-error unknown field
  job.funcall({ seed: 1, sead: 2 });
  // @ts-expect-error an item is a string
  [1, 2].map(hello.withTaskPolicy({}));
  // @ts-expect-error wrong argument under a policy
  hello.withTaskPolicy({})(3);
  // @ts-expect-error wrong argument of a policy's future
  hello.withTaskPolicy({}).future(3);
  hello.withTaskPolicy({ retryErrors: ({ fields, final }) => !final && Number(fields.seconds) });
  hello.withTaskPolicy({ retryErrors: (_error, attempt) => attempt < 2, backoffJitter: 0.5 });
  // @ts-expect-error a decision is no promise
  hello.withTaskPolicy({ retryErrors: async () => true });
  // @ts-expect-error nor a text
  hello.withTaskPolicy({ retryErrors: () => 'again' });
  const queue: TaskQueue = makeQueue('types', { limit: 4, perSecond: 10, weight: 0.5 });
  hello.withTaskPolicy({ queue });
  // @ts-expect-error a queue is made by makeQueue
  hello.withTaskPolicy({ queue: { name: 'types', limit: 4, perSecond: 10, weight: 0.5 } });
  // @ts-expect-error ... and is no name
  hello.withTaskPolicy({ queue: 'types' });
  // @ts-expect-error unknown option of a queue
  makeQueue('types', { rate: 3 });
  // @ts-expect-error a limit is a number
  makeQueue('types', { limit: '4' });
  // @ts-expect-error a queue does not change
  queue.limit = 5;
  // @ts-expect-error unknown policy key
  hello.withTaskPolicy({ retries: 3 });
  // @ts-expect-error a sid is SLAVE-<number>
  hello.withTaskPolicy({ sid: 'slave 1' });
  // @ts-expect-error retry is a boolean
  hello.withTaskPolicy({ retry: 1 });
  // @ts-expect-error counted by the master
  hello.pendingTasks = 3;
  // @ts-expect-error counted by the master
  hello.uptoTargetNumber = 3;
  // @ts-expect-error a name is fixed
  hello.name = 'types.hello';
  // @ts-expect-error a target is a number
  hello.targetNumber = '3';
  // @ts-expect-error another name
  const other: Algorithm<'types.other', (name: string) => string> = hello;
  void other;
}

export function wrongDefinitions(): void {
  // @ts-expect-error an untyped parameter
  defineAlgorithm('types.untyped', (x) => x);
  // @ts-expect-error an untyped second parameter
  defineAlgorithm('types.untyped', (x: number, y) => [x, y]);
  // @ts-expect-error an untyped optional parameter
  defineAlgorithm('types.untyped', (x?) => x);
  // @ts-expect-error untyped rest parameters
  defineAlgorithm('types.untyped', (...xs) => xs);
  // @ts-expect-error untyped destructuring
  defineAlgorithm('types.untyped', ({ x }) => x);
  // @ts-expect-error no function
  defineAlgorithm('types.none', 42);
  // @ts-expect-error a class
  defineAlgorithm('types.class', class {});
  // @ts-expect-error a name is a string
  defineAlgorithm(42, () => 1);
  // @ts-expect-error unknown option
  defineAlgorithm('types.option', () => 1, { versio: '3' });
  // @ts-expect-error unknown key of the default policy
  defineAlgorithm('types.policy', () => 1, { policy: { retries: 3 } });
  const unbound = defineAlgorithm('types.this', function (this: Date) {
    return this.getTime();
  });
  // @ts-expect-error a function that needs a this is not an algorithm
  unbound.funcall();
}

type Hello = (name: string) => string;
type Square = (x: number) => Promise<number>;

/** A fate narrows by `algorithm` and `status`. */
export function narrowed(fate: Fate<'hello', Hello> | Fate<'square', Square>): string | number {
  // @ts-expect-error no packet before the status is known
  void fate.packet;
  switch (fate.status) {
    case 'ok': {
      // @ts-expect-error a number or a string, as long as the algorithm is not known
      void fate.packet.toFixed();
      if (fate.algorithm === 'square') return fate.packet.toFixed() + fate.args[0].toFixed();
      return fate.packet.toUpperCase() + fate.args[0].trim();
    }
    case 'error':
      // @ts-expect-error an error has no packet
      void fate.packet;
      return fate.error.code.length + fate.computeTime;
    case 'unrunnable':
      // @ts-expect-error never computed to the end
      void fate.computeTime;
      return fate.reason === 'slave-lost' ? fate.error.history.length : fate.taskId;
    default:
      return fate satisfies never;
  }
}

export function narrowedOf(fate: FateOf<typeof hello | typeof square>): void {
  if (fate.status !== 'ok') return;
  if (fate.algorithm === 'types.hello') same<typeof fate.packet, string>(true);
  else same<typeof fate.packet, number>(true);
  // @ts-expect-error no such algorithm
  void (fate.algorithm === 'types.cube');
}

const types = suite('types');

types('the algorithms of the type tests run here as typed', async () => {
  assert.is(hello('Ada'), 'Hello World: Ada');
  assert.is(await square(3), 9);
  assert.is(factorial(20n), 2432902008176640000n);
  assert.equal(job({ seed: 1 }), { seed: 1, label: 'none' });
  assert.is(declared(new Date(5)), 5);
});

types.run();
