/** parallel and sequential: values, the first failure, limits, and what a component leaves behind. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { delay, force, promise } from '../../src/collections/promises.js';
import { ScopeCancelledError, scopePathOf, UnrunnableError, UsageError } from '../../src/errors.js';
import { firstWins } from '../../src/flow/first-wins.js';
import { parallel, sequential } from '../../src/flow/parallel.js';
import { currentScope, type Scope } from '../../src/flow/scope/scope.js';
import { spawnThread } from '../../src/flow/threads.js';
import { funcall, future, rejection, turn, UNSENDABLE, withHeldTasks } from './held-tasks.js';

const it = suite('parallel and sequential');

it('resolve with values in the shape of their components', () =>
  withHeldTasks(async (tasks) => {
    const both = parallel({ one: () => 1, two: () => future('two') });
    const list = parallel([async () => 'a', () => undefined]);
    const steps = sequential([() => future('first'), () => tasks.begun.slice()]);
    await turn();
    assert.equal(tasks.begun, ['two', 'first']);
    tasks.end('two');
    tasks.end('first');
    assert.equal(await both, { one: 1, two: 'two' });
    assert.equal(await list, ['a', undefined]);
    assert.equal(await steps, ['first', ['two', 'first']]);
    assert.equal([await parallel([]), await sequential({})], [[], {}]);
  }));

it('begin the components of parallel at once, in their order, at most as many as the limit says', () =>
  withHeldTasks(async (tasks) => {
    const names = ['a', 'b', 'c', 'd'];
    const run = parallel(
      names.map((name) => () => future(name)),
      { limit: 2 },
    );
    await turn();
    assert.equal(tasks.begun, ['a', 'b']);
    tasks.end('b');
    await turn();
    assert.equal(tasks.begun, ['a', 'b', 'c']);
    tasks.end('a');
    tasks.end('c');
    await turn();
    tasks.end('d');
    assert.equal(await run, names);
  }));

it('begin later components in the context of their call, and not in the turn that settles tasks', () =>
  withHeldTasks(async (tasks) => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const run = context.run('of the call', () =>
      parallel(
        ['a', 'b', 'c', 'd'].map((name) => () => {
          seen.push(context.getStore());
          return future(name);
        }),
        { limit: 2 },
      ),
    );
    await turn();
    context.run('of what settles', () => {
      tasks.end('a');
      tasks.end('b');
      assert.equal(tasks.begun, ['a', 'b'], 'nothing begins while tasks are settled');
    });
    await turn();
    assert.equal(tasks.begun, ['a', 'b', 'c', 'd']);
    tasks.end('d');
    tasks.end('c');
    assert.equal(await run, ['a', 'b', 'c', 'd']);
    assert.equal(new Set(seen), new Set(['of the call']));
  }));

it('end a component whose value is a future when that has settled and nothing else that it began is left', () =>
  withHeldTasks(async (tasks) => {
    let first: Promise<unknown> | undefined;
    const run = parallel({
      last: () => {
        void future('beside');
        return future('value');
      },
      first: () => {
        first = future('first');
        void future('later');
        return first;
      },
      settled: async () => future('settled'),
      read: () => {
        const own = future('own');
        return own.then((name) => `read ${name}`);
      },
    });
    let isOver = false;
    void run.then(() => {
      isOver = true;
    });
    await turn();
    for (const name of ['value', 'first', 'settled', 'own', 'later']) tasks.end(name);
    await turn();
    assert.not(isOver, 'beside is left');
    tasks.end('beside');
    assert.equal(await run, { last: 'value', first: 'first', settled: 'settled', read: 'read own' });
  }));

for (const order of [
  ['value', 'later'],
  ['later', 'value'],
]) {
  it(`take the value of a component from the future that it returned, not from a later one; ${order[0]} ends first`, () =>
    withHeldTasks(async (tasks) => {
      const run = parallel([
        () => {
          void turn().then(() => future('later'));
          return future('value');
        },
        () => future('other'),
      ]);
      await turn();
      await turn();
      assert.equal(tasks.begun, ['value', 'other', 'later']);
      for (const name of [...order, 'other']) {
        tasks.end(name);
        await turn();
      }
      assert.equal(await run, ['value', 'other']);
    }));
}

it('take a future that was refused when it was submitted, and one of another component', () =>
  withHeldTasks(async (tasks) => {
    const aborted = AbortSignal.abort(new Error('too late'));
    const error = await rejection(parallel([() => future('refused', { signal: aborted })]));
    assert.instance(error, UnrunnableError);
    const shared: Promise<unknown>[] = [];
    const both = parallel([
      () => {
        shared.push(future('shared'));
        return shared[0];
      },
      () => shared[0],
    ]);
    await turn();
    tasks.end('shared', new RangeError('for both'));
    assert.is((await rejection(both)).message, 'for both');
    await turn();
  }));

it('throw the first failure when the rest has stopped', () =>
  withHeldTasks(async (tasks) => {
    let hasStopped = false;
    const inOther: unknown[] = [];
    const run = parallel({
      bad: () => future('bad'),
      slow: async () => {
        try {
          await Promise.all([future('x'), future('y')]);
        } catch (error) {
          inOther.push(error);
          await turn();
          hasStopped = true;
          throw new Error('later, and of no interest');
        }
      },
      never: () => sequential([() => future('z'), () => future('after z')]),
    });
    await turn();
    const failure = new RangeError('no');
    tasks.end('bad', failure);
    assert.is(await rejection(run), failure);
    assert.is(scopePathOf(failure), 'parallel.bad');
    assert.ok(hasStopped);
    assert.equal(tasks.cancelled, ['x', 'y', 'z'], 'and nothing else began');
    assert.is(tasks.open.size, 0);
    const [error] = inOther as [UnrunnableError];
    assert.instance(error, UnrunnableError);
    assert.instance(error.cause, ScopeCancelledError);
    assert.is((error.cause as Error).message, 'parallel was cancelled: parallel.bad failed: RangeError: no');
    assert.is((error.cause as Error).cause, failure);
  }));

it('do not begin what a failure makes useless', async () => {
  const begun: string[] = [];
  const failing = (name: string) => () => {
    begun.push(name);
    throw new Error(name);
  };
  assert.is((await rejection(parallel([failing('a'), failing('b')]))).message, 'a');
  assert.is((await rejection(sequential([() => begun.push('c'), failing('d'), failing('e')]))).message, 'd');
  assert.equal(begun, ['a', 'c', 'd']);
});

it('name the component that throws an error again, if it began after the first failure', async () => {
  const failure = new Error('kept');
  const fail = () => {
    throw failure;
  };
  await rejection(parallel({ first: fail }));
  assert.is(scopePathOf(failure), 'parallel.first');
  await rejection(parallel({ outer: () => parallel({ second: fail }) }));
  assert.is(scopePathOf(failure), 'parallel.outer > parallel.second');
  await rejection(
    sequential({ tries: () => parallel([fail]).catch(() => {}), goesOn: () => Promise.reject(failure) }),
  );
  assert.is(scopePathOf(failure), 'sequential.goesOn');
  // A scope that only hears of it while it is on its way says nothing new
  const gate = promise<unknown>();
  const thread = spawnThread(() => gate.then(fail), { name: 'a' });
  const waits = rejection(parallel({ waits: () => thread }));
  await turn();
  gate.fulfill(1);
  await waits;
  assert.is(scopePathOf(failure), 'thread.a');
});

it('name the component of a failure at any depth, once', async () => {
  const failure = new Error('deep');
  const run = parallel({
    build: () => sequential([() => 1, () => firstWins({ 'the only': () => Promise.reject(failure) })]),
  });
  const error = (await rejection(run)) as AggregateError;
  assert.is(scopePathOf(error), 'parallel.build > sequential[1] > firstWins');
  assert.is(scopePathOf(failure), 'parallel.build > sequential[1] > firstWins["the only"]');
  assert.equal(error.errors, [failure]);
  for (const thrown of ['a text', undefined, Object.freeze(new Error('frozen'))]) {
    const run = parallel([
      () => {
        throw thrown;
      },
    ]);
    assert.is(await rejection(run), thrown, 'what cannot have a path stays as it is');
    assert.is(scopePathOf(thrown), undefined);
  }
});

it('wait for futures and flows that a component leaves, and cancel them if it fails', () =>
  withHeldTasks(async (tasks) => {
    let hasEnded = false;
    const run = parallel([
      () => {
        future('left').then(() => void future('and then'));
        sequential([() => future('flow')]);
        return 'early';
      },
    ]).finally(() => {
      hasEnded = true;
    });
    await turn();
    tasks.end('left');
    tasks.end('flow');
    await turn();
    assert.not(hasEnded);
    tasks.end('and then');
    assert.equal(await run, ['early']);
    const failing = parallel([
      () => {
        future('of no use');
        parallel([() => future('neither')]);
        return turn().then(() => Promise.reject(new Error('after all')));
      },
    ]);
    assert.is((await rejection(failing)).message, 'after all');
    assert.equal(tasks.cancelled, ['of no use', 'neither'], 'and nobody must catch their errors');
  }));

it('leave tasks of funcall to the program, and cancel them with a scope around that fails', () =>
  withHeldTasks(async (tasks) => {
    await parallel([() => void funcall('free')]);
    assert.equal([...tasks.open.keys()], ['free']);
    const run = sequential([() => parallel([() => void funcall('of a later step')]), () => future('fails')]);
    await turn();
    await turn();
    tasks.end('fails', new Error('no'));
    await rejection(run);
    assert.equal(tasks.cancelled, ['of a later step']);
    assert.equal([...tasks.open.keys()], ['free']);
  }));

it('keep a scope for what goes on in it; after its end, that of the scope around', () =>
  withHeldTasks(async (tasks) => {
    let submitLater = (_: string): void => {};
    const run = sequential({
      first: () => {
        setImmediate(() => {
          submitLater = (name) => void future(name);
        });
        return turn().then(() => currentScope()?.path);
      },
      second: async () => {
        const before = currentScope()?.id;
        await turn();
        assert.is(currentScope()?.id, before);
        return future('fails');
      },
    });
    while (!tasks.open.has('fails')) await turn();
    submitLater('by the outermost that is open: none');
    tasks.end('fails', new Error('no'));
    await rejection(run);
    assert.equal(tasks.cancelled, []);
    assert.is(currentScope(), undefined);
  }));

it('cancel what is submitted in a cancelled scope, and begin no flow in it', () =>
  withHeldTasks(async (tasks) => {
    const errors: Error[] = [];
    const run = parallel([
      () => future('fails'),
      async () => {
        errors.push(await rejection(future('held')));
        errors.push(await rejection(future('too late')));
        errors.push(await rejection(parallel([() => tasks.begun.push('never')])));
        errors.push(await rejection(firstWins([() => tasks.begun.push('never')])));
      },
    ]);
    await turn();
    tasks.end('fails', new Error('no'));
    await rejection(run);
    assert.equal(
      errors.map(({ name }) => name),
      ['UnrunnableError', 'UnrunnableError', 'ScopeCancelledError', 'ScopeCancelledError'],
    );
    assert.equal(tasks.cancelled, ['held', 'too late']);
    assert.not(tasks.begun.includes('never'));
  }));

it('let a component that waits for a promise of the library end', async () => {
  const value = promise<number>();
  let hasEnded = false;
  const run = parallel([
    () => turn().then(() => Promise.reject(new Error('it would have given the value'))),
    async () => {
      try {
        await value;
      } finally {
        hasEnded = true;
      }
    },
  ]);
  assert.is((await rejection(run)).message, 'it would have given the value');
  assert.ok(hasEnded);
  value.fulfill(1);
  assert.equal(await parallel([async () => value]), [1]);
});

it('do not wait for tasks that could not be submitted', () =>
  withHeldTasks(async () => {
    const attempt = (): string => {
      try {
        future(UNSENDABLE);
        return 'submitted';
      } catch (error) {
        return (error as Error).name;
      }
    };
    assert.equal(await parallel([attempt]), ['EncodeError']);
  }));

it('let what a component returns compute in its scope', () =>
  withHeldTasks(async (tasks) => {
    const run = parallel([() => delay(() => future('late')), () => future('fails')]);
    await turn();
    tasks.end('fails', new Error('no'));
    await rejection(run);
    assert.equal(tasks.cancelled, ['late']);
  }));

it('leave a delay that they compute to others when they are cancelled', () =>
  withHeldTasks(async (tasks) => {
    const table = delay(() => future('table'));
    const run = parallel([() => force(table), () => future('fails')]);
    await turn();
    const outside = force(table);
    await turn();
    tasks.end('fails', new Error('no'));
    await rejection(run);
    await turn();
    assert.equal([tasks.cancelled, [...tasks.open.keys()], table.fulfilled], [['table'], ['table'], false]);
    tasks.end('table');
    assert.equal([await outside, await table, table.fulfilled], ['table', 'table', true]);
    const slow = delay(() => future('slow'));
    const other = force(slow);
    const waiting = parallel([() => force(slow), () => Promise.reject(new Error('no'))]);
    assert.is(((await rejection(waiting)) as Error).message, 'no', 'one that only waits ends at once');
    tasks.end('slow');
    assert.is(await other, 'slow');
    const failing = delay(() => future('a failure'));
    const first = rejection(parallel([() => force(failing)]));
    await turn();
    tasks.end('a failure', new Error('its own'));
    await first;
    assert.is(((await rejection(force(failing))) as Error).message, 'its own', 'it is computed once');
  }));

it("cancel by a task's own signal too", () =>
  withHeldTasks(async (tasks) => {
    const own = new AbortController();
    const run = parallel([
      () => future('a', { signal: own.signal }),
      () => future('b', { signal: own.signal }),
    ]);
    await turn();
    own.abort();
    await rejection(run);
    assert.equal(tasks.cancelled, ['a', 'b']);
  }));

it('share one policy among the tasks of a scope', () =>
  withHeldTasks(async (tasks) => {
    const run = parallel([() => Promise.all([future('a'), future('b')]), () => future('c')]);
    await turn();
    const policies = new Set([...tasks.open.values()].map(({ policy }) => policy.scopeSignal));
    assert.is(policies.size, 1);
    for (const name of ['a', 'b', 'c']) tasks.end(name);
    await run;
  }));

it('nest to any depth', async () => {
  const nest = (depth: number): Promise<unknown> => {
    if (depth === 0) return Promise.resolve('bottom');
    return depth % 2 === 0 ? parallel([() => nest(depth - 1)]) : sequential({ x: () => nest(depth - 1) });
  };
  let value = await nest(3_000);
  while (typeof value === 'object') [value] = Object.values(value as object);
  assert.is(value, 'bottom');
  const failing = (depth: number): Promise<unknown> =>
    depth === 0 ? Promise.reject(new Error('bottom')) : parallel([() => failing(depth - 1)]);
  const error = await rejection(failing(500));
  assert.is(scopePathOf(error)?.split(' > ').length, 21);
  assert.match(scopePathOf(error) ?? '', /> \(480 more\) >/);
});

it('take very many components that end at once', async () => {
  const count = 100_000;
  const components = new Array(count).fill(() => 1);
  assert.is((await parallel(components)).length, count);
  assert.is((await sequential(components)).length, count);
});

it('say what is wrong with their arguments', async () => {
  const wrong = async (call: Promise<unknown>, pattern: RegExp): Promise<void> => {
    const error = await rejection(call);
    assert.instance(error, UsageError);
    assert.match(error.message, pattern);
  };
  await wrong(
    parallel(undefined as never),
    /^parallel takes an array or an object of functions.*got undefined/,
  );
  await wrong(parallel(Promise.resolve() as never), /got a promise/);
  await wrong(
    sequential([() => 1, Promise.resolve()] as never),
    /^sequential\[1\] is a function that is called later; got a promise, which has begun already; write \(\) =>/,
  );
  await wrong(
    parallel({ 'a b': 3 } as never),
    /^parallel\["a b"\] is a function.*got a value of type number/,
  );
  for (const list of [new Map([['a', () => 1]]), new Set([() => 1]), [() => 1].values()]) {
    await wrong(
      parallel(list as never),
      /^parallel takes .* got a (Map|Set|Array Iterator), which is neither$/,
    );
  }
  await wrong(parallel([], { limit: '2' as never }), /^the limit of parallel is .*; got "2"$/);
  await wrong(parallel([], { limit: 0 }), /^the limit of parallel is a whole number from 1; got 0$/);
  await wrong(parallel([], { limits: 1 } as never), /^parallel has no option "limits"; it may have limit$/);
  await wrong(parallel([], null as never), /^the options of parallel are an object/);
});

it('a value that cannot be asked whether it is a promise is a failure as others', async () => {
  let isCancelled = false;
  const failed = parallel([
    async () => {
      const { signal } = currentScope() as Scope;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      isCancelled = true;
    },
    () =>
      Object.defineProperty({}, 'then', {
        get: () => {
          throw new Error('no answer');
        },
      }),
  ]);
  const error = await failed.then(
    () => assert.unreachable() as never,
    (thrown: unknown) => thrown,
  );
  assert.equal([String(error), scopePathOf(error), isCancelled], ['Error: no answer', 'parallel[1]', true]);
});

it.run();
