/** A master that ends: nothing waits for it any more, and nothing takes its end for that of an element. */
import {
  firstWins,
  makeChannel,
  master,
  parallel,
  pcount,
  pfind,
  plet,
  pmap,
  pmapInto,
  pmapIterable,
  pmapReduce,
  pmapSettled,
  preduce,
  psort,
  StoppedError,
  spawnThread,
  speculate,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { rejection, suiteOnFarm } from './farm.js';
import { add, compare, isEven, same, square } from './tasks.js';

const test = suiteOnFarm('collections of a master that ends');

test.outside('every call that waits throws StoppedError', async () => {
  const ending = await master();
  try {
    const calls = ending.run(() => {
      const full = makeChannel<number>({ fixedCapacity: 1 });
      full.submitTask(same, 1);
      const loop = makeChannel<number>();
      loop.submitTask(same, 2);
      return {
        pmap: pmap(same, [1, 2, 3]),
        all: pmap(same, [1, 2], { stopOnError: false }),
        pmapInto: pmapInto([0], same, [1]),
        pmapSettled: pmapSettled(same, [1, 2]),
        pmapIterable: pmapIterable(same, [1]).next(),
        preduce: preduce(add, [1, 2]),
        pmapReduce: pmapReduce(square, add, [1, 2]),
        pfind: pfind(isEven, [1, 2]),
        pcount: pcount(isEven, [1, 2]),
        psort: psort(compare, [2, 1]),
        plet: plet({ x: [same, 1] }),
        speculate: speculate(same, 1),
        submitTask: full.submitTask(same, 3),
        receiveResult: loop.receiveResult(),
        'empty receiveResult': makeChannel().receiveResult(),
        parallel: parallel({ a: () => same.future(1), b: () => pmap(same, [1]) }),
        firstWins: firstWins([() => same.future(1), () => Promise.reject(new Error('of its own'))]),
        thread: spawnThread(() => same.future(1)),
      };
    });
    const ends = Object.entries(calls).map(async ([name, call]) => [name, await rejection(call)] as const);
    await ending.stop();
    for (const [name, error] of await Promise.all(ends)) {
      assert.instance(error, StoppedError, `${name}: ${String(error)}`);
    }
  } finally {
    await ending.stop();
  }
});

test.run();
