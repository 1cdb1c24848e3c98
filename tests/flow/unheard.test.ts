/** Promises that nobody awaits yet when their scope is cancelled or their master ends: that ends no process. */
import {
  makeChannel,
  master,
  parallel,
  pcount,
  pfind,
  plet,
  pmap,
  pmapIterable,
  pmapReduce,
  pmapSettled,
  preduce,
  preducePartial,
  psort,
  ScopeCancelledError,
  spawnThread,
  UnrunnableError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from '../collections/farm.js';
import { add, compare, isEven, square } from '../collections/tasks.js';

const test = suiteOnFarm('promises that nobody awaits');

const unheard: unknown[] = [];
const note = (error: unknown): void => void unheard.push(error);
process.on('unhandledRejection', note);

/** Those that came since the last call, after all promises have turned. */
async function unheardNow(): Promise<unknown[]> {
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
  return unheard.splice(0);
}

/** None of them ends before its scope or master does. */
const CALLS: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  pmap: () => pmap(square, unending()),
  pmapSettled: () => pmapSettled(square, unending()),
  preduce: () => preduce(add, unending()),
  preducePartial: () => preducePartial(add, unending()),
  pmapReduce: () => pmapReduce(square, add, unending()),
  pfind: () => pfind(isEven, [1, 3, 5, 7]),
  pcount: () => pcount(isEven, unending()),
  psort: () => psort(compare, unending()),
  plet: () => plet({ a: [square, 1] }),
  pmapIterable: () => pmapIterable(square, unending()).next(),
  'a future': () => square.future(1),
  'a channel': () => makeChannel<number>().receiveResult(),
  'a thread': () => spawnThread(() => new Promise((_, reject) => square.future(1).then(reject, reject))),
  'a flow': () => parallel([() => square.future(1)]),
};

const unending = (): number[] => [3, 1, 2];

test('those of a cancelled scope do not end the process', async () => {
  for (const [name, call] of Object.entries(CALLS)) {
    const enough = new Error('enough');
    let begun: PromiseLike<unknown> | undefined;
    const failing = parallel([
      async () => {
        begun = call();
        throw enough;
      },
    ]);
    assert.is(await rejection(failing), enough, name);
    assert.equal(await unheardNow(), [], name);
    const isCancelled = await begun?.then(
      () => false,
      (error: unknown) => error instanceof ScopeCancelledError || error instanceof UnrunnableError,
    );
    assert.ok(isCancelled, name);
  }
});

test('those of a master that ends do not end the process', async () => {
  for (const [name, call] of Object.entries(CALLS)) {
    const ending = await master();
    const begun: PromiseLike<unknown>[] = [];
    await ending.run(() => void begun.push(call()));
    await ending.stop();
    assert.equal(await unheardNow(), [], name);
    assert.is(((await rejection(Promise.resolve(begun[0]))) as Error).name, 'StoppedError', name);
  }
});

test('any other failure that nobody hears is one of the process', async () => {
  const failure = new Error('its own');
  const source = (function* (): Generator<number> {
    yield 1;
    throw failure;
  })();
  void pmap(square, source);
  void spawnThread(() => Promise.reject(failure));
  assert.equal(await unheardNow(), [failure, failure]);
});

test.run();
