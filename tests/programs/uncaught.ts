/** A master whose algorithm lets an error of a task through, or leaves tasks behind, as its argument says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineMaster, initialize, type MasterHandle } from 'ts-mw';
import { echo, fail, pause, square } from './algorithms.js';

async function* slowly({ signal }: MasterHandle): AsyncGenerator<number> {
  yield 1;
  await sleep(60_000, undefined, { signal });
}

const ways: Record<string, (master: MasterHandle) => unknown> = {
  lets: () => fail.future('let through'),
  wraps: () =>
    fail.future('wrapped').catch((cause: unknown) => {
      throw new Error('the sweep has failed', { cause });
    }),
  any: () => Promise.any(['one', 'two'].map((text) => fail.future(text))),
  early: async () => {
    const [first, second] = [sleep(60_000, 'first'), fail.future('too early')];
    return [await first, await second];
  },
  unrunnable: () => square.withTaskPolicy({ sid: 'SLAVE-99' }).future(1),
  pending: () => {
    void pause.future(3_600);
    void pause.future(3_600);
    return 0;
  },
  untaken: async (master) => {
    square.funcall(3);
    await master.masterLoop();
    return 7;
  },
  source: async (master) => {
    master.submitAll(slowly(master), () => undefined);
    await sleep(100);
    return 0;
  },
  cancelled: (master) => {
    master.cancel(pause.funcall(3_600));
    return 0;
  },
};

defineMaster(async (master) => {
  await echo.future('here');
  return ways[master.argv[0] ?? '']?.(master);
});

await initialize();
