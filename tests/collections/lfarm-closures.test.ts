/**
 * The assertions of lfarm's closure-test.lisp and of the closures of its promise-test.lisp, each under the name of its
 * definition there. A captured lexical is a capture of a portable function; a task is `apply` with such a function.
 */
import { portable, TaskError } from 'ts-mw';
import * as assert from 'uvu/assert';
import { suiteOnFarm } from './farm.js';
import { apply } from './tasks.js';

const test = suiteOnFarm('lfarm closures');

test('closure-task-test', async () => {
  const x = 3;
  assert.is(
    await apply.future(
      portable((y: number) => x + y, { x }),
      4,
    ),
    7,
  );
  const shadowing = portable(
    (y: number) => {
      const x = 10;
      return x + y;
    },
    { x },
  );
  assert.is(await apply.future(shadowing, 4), 14);
  // lfarm's symbol macro stands for a form; here it is a portable function among the captures
  const z = portable((x: number) => x + 1);
  assert.is(
    await apply.future(
      portable((y: number) => x + y + z(x), { x, z }),
      4,
    ),
    11,
  );
  class Stuff {
    constructor(
      readonly x: number,
      readonly y: number,
    ) {}
  }
  const stuff = new Stuff(3, 4);
  assert.is(await apply.future(portable(() => stuff.x + stuff.y, { stuff })), 7);
});

function closureAdd3(): (y: number) => number {
  const x = 3;
  return portable((y: number) => x + y, { x });
}

function closureTwelve(): () => number {
  const x = 3;
  const y = 4;
  return portable(
    () => x * y,
    () => ({ x, y }),
  );
}

test('deftask-closure-test', async () => {
  assert.equal([closureAdd3()(4), closureTwelve()()], [7, 12]);
  assert.is(await apply.future(closureAdd3(), 4), 7);
  assert.is(await apply.future(closureTwelve()), 12);
});

test('imperative-closure-test', async () => {
  let a = 1;
  const imperative: (n: number) => number = portable(
    (n: number) => {
      if (n <= 0) return 0;
      a++;
      return a + imperative(n - 1);
    },
    () => ({ a, imperative }),
  );
  const received: unknown[] = [];
  const expected: number[] = [];
  for (let i = 0; i < 3; i++) {
    const before = a;
    received.push(await apply.future(imperative, 3));
    assert.is(a, before, 'what the slave assigned came back');
    expected.push(imperative(3));
  }
  assert.equal(expected, [9, 18, 27]);
  assert.equal(received, expected);
  const both = [apply.future(imperative, 1), apply.future(imperative, 1)];
  assert.equal(await Promise.all(both), [11, 11], 'the second task saw what the first one assigned');
});

test('future-closure-test', async () => {
  const [x, y] = [5, 6];
  assert.is(await apply.future(portable(() => x + y, { x, y })), 11);
  const data = { x: 7, y: 8 };
  const sum = portable(
    () => x + y,
    () => ({ ...data }),
  );
  assert.is(await apply.future(sum), 15);
  const f = apply.future(portable(() => 3 + 4));
  const g = portable(async () => Number(await f) + 5, { f });
  // lfarm refuses a future in a closure; here the task waits for its value
  assert.is(await apply.future(g), 12);
  const awaited = await f;
  assert.is(await apply.future(portable(() => Number(awaited) + 5, { awaited })), 12);
});

test('an error in a closure on the slave names its place', async () => {
  const table: Record<string, { readonly n: number }> = {};
  const reading = portable(
    function reading() {
      return table.missing?.n.toFixed(1) ?? (table.missing as unknown as { readonly n: number }).n;
    },
    { table },
  );
  const error: unknown = await apply.future(reading).catch((error: unknown) => error);
  assert.instance(error, TaskError);
  assert.is((error as TaskError).name, 'TypeError');
  assert.match((error as TaskError).stack ?? '', /reading \(portable:reading:\d+:\d+\)/);
});

test.run();
