/** Kernels: lfarm's kernel-error-test, submit-after-end-kernel-test and double-end-kernel-test, and ours beside them. */
import {
  currentKernel,
  defineAlgorithm,
  defineMaster,
  endKernel,
  initialize,
  JoinError,
  kernelWorkerCount,
  makeChannel,
  makeKernel,
  master,
  NoKernelError,
  pmap,
  StoppedError,
  slave,
  UsageError,
  withKernel,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { programPath, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const twice = defineAlgorithm('kernel.twice', (n: number) => 2 * n);

const test = suiteInTurns('kernels');

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

test('kernel-error-test: without a kernel, a call says what to write; with one, the same call works', async () => {
  assert.throws(
    () => makeChannel(),
    (error: Error) => error instanceof NoKernelError && /makeChannel needs a master/.test(error.message),
  );
  const error = await rejectionOf(pmap(twice, [1]));
  assert.instance(error, NoKernelError);
  assert.instance(error, UsageError);
  const kernel = await makeKernel();
  try {
    assert.is(makeChannel().pending, 0);
  } finally {
    await endKernel(kernel);
  }
});

test('submit-after-end-kernel-test and double-end-kernel-test', async () => {
  const kernel = await makeKernel();
  const channel = withKernel(kernel, () => makeChannel<number>());
  await endKernel(kernel);
  await endKernel(kernel);
  assert.is(kernel.hasEnded, true);
  assert.throws(
    () => channel.submitTask(twice, 1),
    (error: Error) => error instanceof StoppedError,
  );
  assert.instance(await rejectionOf(channel.receiveResult()), StoppedError);
  assert.throws(
    () => withKernel(kernel, () => 0),
    (error: Error) => error instanceof StoppedError,
  );
  await endKernel();
});

test.long(
  'each of two kernels has its own calls, and each is the current one inside withKernel',
  async () => {
    const [one, other] = await Promise.all([makeKernel(), makeKernel()]);
    try {
      assert.throws(
        () => currentKernel(),
        (error: Error) => error instanceof NoKernelError,
      );
      await slave(one.masterPort as number);
      const found = await withKernel(one, async () => {
        await Promise.resolve();
        return { kernel: currentKernel(), workers: kernelWorkerCount(), values: await pmap(twice, [1, 2]) };
      });
      assert.is(found.kernel, one);
      assert.equal([found.workers, one.workerCount, other.workerCount], [1, 1, 0]);
      assert.equal(found.values, [2, 4]);
    } finally {
      await Promise.all([endKernel(one), endKernel(other)]);
    }
  },
);

test('endKernel with wait lets pending tasks end; without, they reject', async () => {
  const kernel = await makeKernel();
  await slave(kernel.masterPort as number);
  const values = withKernel(kernel, () => pmap(twice, [1, 2, 3]));
  await endKernel(kernel, { wait: true });
  assert.equal(await values, [2, 4, 6]);

  const empty = await makeKernel();
  const lost = rejectionOf(withKernel(empty, () => pmap(twice, [1, 2, 3])));
  await endKernel(empty);
  assert.instance(await lost, StoppedError);
});

test('wrong arguments say what is meant', async () => {
  assert.match((await rejectionOf(makeKernel({ slaves: -1 }))).message, /makeKernel\(\{ slaves: 4 \}\)/);
  assert.match((await rejectionOf(endKernel({} as never))).message, /the kernel that makeKernel returned/);
  const addresses = [['127.0.0.1', 1]] as const;
  for (const [begin, message] of [
    [
      () => makeKernel({ slaves: 0, programm: 'x' } as never),
      /^makeKernel has no option "programm"; it may /,
    ],
    [
      () => makeKernel({ slaves: 0 }, null as never),
      /^the options of makeKernel are an object of token, .*null$/,
    ],
    [
      () => makeKernel(addresses, null as never),
      /^the options of makeKernel are an object of token, .*null$/,
    ],
    [() => makeKernel(addresses, [] as never), /^the options of makeKernel are an object of .*got an array$/],
    [
      () => endKernel(undefined, { waiit: true } as never),
      /^endKernel has no option "waiit"; it may have wait$/,
    ],
    [() => endKernel(undefined, null as never), /^the options of endKernel are an object of wait; got null$/],
    [() => master(null as never), /^the options of master\(\) are an object of slaves, /],
    [() => slave(1, null as never), /^the options of slave\(\) are an object of algorithm, /],
    [
      async () => defineMaster(() => 0, { onaudit() {} } as never),
      /^defineMaster has no option "onaudit"; it may /,
    ],
  ] as const) {
    const error = await rejectionOf(begin());
    assert.instance(error, UsageError);
    assert.match(error.message, message);
  }
});

test('initialize says in a line which arguments it takes', async () => {
  const { exitCode } = process;
  const { write } = process.stderr;
  const said: string[] = [];
  process.stderr.write = (text: string | Uint8Array): boolean => said.push(String(text)) > 0;
  try {
    assert.is(await initialize({ master: true } as never), 255);
    assert.is(await initialize([], null as never), 255);
  } finally {
    process.stderr.write = write;
    process.exitCode = exitCode;
  }
  assert.match(String(said[0]), /^initialize takes the arguments of the command line, and then flags: .*\n$/);
  assert.match(String(said[1]), /^the options of initialize are an object of master, slaves, …; got null\n$/);
});

test.long('slaves that never join are given up', async () => {
  const program = programPath('no-kernel.js');
  const error = await rejectionOf(makeKernel({ slaves: 1, program }));
  assert.instance(error, JoinError);
  assert.match(
    error.message,
    `ended 3 times before one joined (the last exited with code 0); ${program} must call makeKernel or initialize`,
  );
});

test('a script is also the program of its slaves, which print nothing', () =>
  withPrograms(async ({ start }) => {
    const script = start('kernel.js', []);
    assert.is(await script.code(), 0, script.report());
    assert.equal(script.out, ['{"workers":2,"values":[2,3,4],"isElsewhere":true}']);
    assert.equal(script.err, []);
  }));

test.run();
