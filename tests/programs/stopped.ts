/**
 * A master that waits, in the way that its first argument says, for tasks of which some never end, and says
 * `done` on standard output if it is led to believe that they have.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineMaster, initialize, type MasterHandle, StoppedError } from 'ts-mw';
import { pause, square } from './algorithms.js';

const FOR_EVER = 3_600;

/** On standard error, where a signal does not keep it from saying something. */
const note = (text: string): void => console.error(text);

/** The slave is there. */
async function begin(): Promise<void> {
  await square.future(2);
  note('begins');
}

async function* slowly(): AsyncGenerator<number> {
  try {
    for (let n = 0; ; n++) {
      yield n;
      await sleep(FOR_EVER * 1_000, undefined, { ref: true });
    }
  } finally {
    note('source closed');
  }
}

const ways: Record<string, (master: MasterHandle) => unknown> = {
  results: async (master) => {
    await begin();
    for (let n = 0; n < 5; n++) pause.funcall(FOR_EVER);
    let count = 0;
    for await (const _ of master.results()) count++;
    console.log(`done ${count}`);
    return 0;
  },
  /** The iteration is left, and taken up when the master is over. */
  left: async (master) => {
    square.funcall(3);
    for await (const fate of master.results()) if (fate.status === 'ok') break;
    pause.funcall(FOR_EVER);
    note('begins');
    await new Promise((resolve) => master.signal.addEventListener('abort', resolve));
    let count = 0;
    for await (const _ of master.results()) count++;
    console.log(`done ${count}`);
    return 0;
  },
  loop: async (master) => {
    await begin();
    pause.funcall(FOR_EVER);
    while (master.pendingTasks > 0) {
      await master.masterLoop();
      master.getResults();
    }
    console.log('done');
    return 0;
  },
  iterate: async (master) => {
    await begin();
    pause.funcall(FOR_EVER);
    while (master.pendingTasks > 0) {
      await master.masterLoopIterate();
      master.getResults();
    }
    console.log('done');
    return 0;
  },
  future: async () => {
    await begin();
    const waited = pause.future(FOR_EVER);
    await waited;
    console.log('done');
    return 0;
  },
  all: async () => {
    await begin();
    // One that nobody awaits, and one of which only what follows from it is not awaited
    void pause.future(FOR_EVER);
    void pause.future(FOR_EVER).then(() => console.log('done'));
    const futures = [1, 2, 3].map(() => pause.future(FOR_EVER));
    await Promise.all(futures);
    console.log('done');
    return 0;
  },
  any: async () => {
    await begin();
    await Promise.any([1, 2, 3].map(() => pause.future(FOR_EVER)));
    console.log('done');
    return 0;
  },
  /** New tasks, when the ones before are gone. */
  after: async () => {
    await begin();
    const waited = pause.future(FOR_EVER);
    await waited.catch(() => note('first is gone'));
    for (const submit of [square.funcall, square.future]) {
      try {
        void submit(1);
        console.log('done');
      } catch (error) {
        note(`after: ${error instanceof StoppedError}`);
      }
    }
    throw await waited.catch((error: unknown) => error);
  },
  source: async (master) => {
    await begin();
    master.submitAll(slowly(), (n) => square.funcall(n));
    let count = 0;
    for await (const _ of master.results()) count++;
    console.log(`done ${count}`);
    return 0;
  },
  /** It saves what it has, and calls that a success. */
  saves: async (master) => {
    square.funcall(4);
    let sum = 0;
    try {
      for await (const fate of master.results(square)) if (fate.status === 'ok') sum += fate.packet;
      pause.funcall(FOR_EVER);
      note('begins');
      for await (const _ of master.results()) note('more');
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
      await sleep(500);
      note(`saved ${sum}, ${error.pending} pending, ${error.signal}, ${error === master.signal.reason}`);
    }
    return 0;
  },
  /** It never gives up. */
  stubborn: async (master) => {
    await begin();
    pause.funcall(FOR_EVER);
    for (;;) {
      await master.masterLoop().catch(() => undefined);
      for await (const _ of wrapped(master)) note('more');
    }
  },
  exception: async (master) => {
    await begin();
    pause.funcall(FOR_EVER);
    setTimeout(() => {
      throw new RangeError('a timer has thrown');
    });
    try {
      for await (const _ of master.results()) note('more');
      console.log('done');
    } catch (error) {
      note(`cause: ${error instanceof StoppedError && String(error.cause)}`);
      throw error;
    }
    return 0;
  },
};

async function* wrapped(master: MasterHandle): AsyncGenerator<unknown> {
  try {
    yield* master.results();
  } catch {
    // asked again
  }
}

defineMaster((master) => ways[master.argv[0] ?? '']?.(master));

await initialize();
