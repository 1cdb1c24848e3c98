/** Stubs under Array.map: the plain ones refuse its extra arguments, policy submitters drop them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import { registerSubmitter } from '../../src/algorithms/submitter-context.js';
import { UsageError } from '../../src/errors.js';
import { RecordingSubmitter } from './recording-submitter.js';

const one = defineAlgorithm('one', (item: unknown) => item);
const defaulted = defineAlgorithm('defaulted', (item: number, base = 10) => item + base);
const pair = defineAlgorithm('pair', (item: unknown, index: number) => [item, index]);
const three = defineAlgorithm('three', (item: string, index: number, all: readonly string[]) => [
  item,
  index,
  all,
]);
const rest = defineAlgorithm('rest', (...items: unknown[]) => items);

const names = ['a', 'b', 'c'];
const map = suite('Array.map');
const master = new RecordingSubmitter();
let unregister = (): void => {};
map.before.each(() => {
  master.takeArgs();
  unregister = registerSubmitter(master);
});
map.after.each(() => unregister());

function refuses(call: () => unknown, cure: string): void {
  assert.throws(call, (error: unknown) => error instanceof UsageError && error.message.includes(cure));
  assert.is(master.calls.length, 0);
}

map('funcall and future refuse it, saying what to write', () => {
  refuses(() => names.map(one.funcall), 'write .map((item) => one.funcall(item))');
  refuses(() => names.map(one.future), 'write .map((item) => one.future(item))');
});

map('so do its kin, and functions with defaults and rest parameters', () => {
  refuses(() => names.forEach(one.funcall), 'one.funcall');
  refuses(() => names.flatMap(one.funcall), 'one.funcall');
  refuses(() => new Float64Array(2).forEach(one.funcall), 'one.funcall');
  refuses(() => [Number.NaN].map(one.funcall), 'one.funcall');
  refuses(() => [1, 2].map(defaulted.funcall), 'defaulted.funcall');
  refuses(() => names.map(pair.funcall), 'pair.funcall');
  refuses(() => names.map(rest.funcall), 'rest.funcall');
});

map('an algorithm of three parameters takes all that it promises to take', () => {
  names.map(three.funcall);
  names.map(three.withTaskPolicy({}));
  const all = names.map((name, index) => [name, index, names]);
  assert.equal(master.takeArgs(), [...all, ...all]);
});

map('a call that the program makes is never mistaken for one', async () => {
  const args = ['a', 0, names] as const;
  rest.funcall(...args);
  rest.funcall.apply(undefined, [...args]);
  Reflect.apply(rest.funcall, undefined, args);
  names.slice(0, 1).map((name) => rest.funcall(name, 0, names));
  rest.withTaskPolicy({})(...args);
  await Promise.resolve().then(() => rest.future(...args));
  assert.equal(master.takeArgs(), Array(6).fill([...args]));
  rest.funcall('b', 0, names);
  rest.funcall('a', 0, 'a');
  assert.equal(master.takeArgs(), [
    ['b', 0, names],
    ['a', 0, 'a'],
  ]);
});

map('a policy submitter sends the elements alone, again and again', async () => {
  const submit = one.withTaskPolicy({ tag: 'mapped' });
  assert.equal(names.map(submit), ['TASK-0', 'TASK-1', 'TASK-2']);
  assert.equal(master.takeArgs(), [['a'], ['b'], ['c']]);
  assert.ok(names.some(submit));
  names.forEach(submit);
  await Promise.all(names.map(submit.future));
  assert.equal(master.takeArgs(), [['a'], ['a'], ['b'], ['c'], ['a'], ['b'], ['c']]);
  [1, 2].map(defaulted.withTaskPolicy({}));
  names.map(rest.withTaskPolicy({}));
  assert.equal(master.takeArgs(), [[1], [2], ['a'], ['b'], ['c']]);
});

map('a list mapped before says nothing of a call that the program makes after', () => {
  const submit = rest.withTaskPolicy({});
  names.map(submit);
  names.some(submit);
  submit('a', 0, names);
  assert.equal(master.takeArgs(), [['a'], ['b'], ['c'], ['a'], ['a', 0, names]]);
});

map('a policy submitter of two parameters asks which is meant', () => {
  refuses(() => names.map(pair.withTaskPolicy({})), 'whichever is meant');
  const submit = pair.withTaskPolicy({});
  names.map((name, index) => submit(name, index));
  assert.equal(master.takeArgs(), [
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
});

map('is noticed in compiled code as well as in interpreted code', () => {
  const many = Array.from({ length: 300 }, (_, i) => i);
  let refused = 0;
  const round = (): void => {
    try {
      many.map(one.funcall);
    } catch {
      refused++;
    }
  };
  for (let i = 0; i < 2_000; i++) round();
  assert.is(refused, 2_000);
  for (let i = 0; i < 100; i++) {
    many.map(one.withTaskPolicy({}));
    assert.ok(master.takeArgs().every((args) => args.length === 1));
  }
});

map('leaves Error as it found it, and works under a prepareStackTrace of the program', () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 17;
  refuses(() => names.map(one.funcall), 'one.funcall');
  assert.is(Error.stackTraceLimit, 17);
  Error.stackTraceLimit = limit;
  assert.not(Object.hasOwn(Error, 'prepareStackTrace') && Error.prepareStackTrace === undefined);
  const own = (): string => 'mine';
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Error.prepareStackTrace = own;
  try {
    refuses(() => names.map(one.funcall), 'one.funcall');
    assert.is(Error.prepareStackTrace, own);
  } finally {
    if (before) Object.defineProperty(Error, 'prepareStackTrace', before);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
});

map.run();
