/** A master that ends, after one task was done, in the way that its first argument says. */
import { defineAlgorithm, defineMaster, defineSlave, FlagError, initialize } from 'ts-mw';

const echo = defineAlgorithm('echo', (value: unknown) => value);

const endings: Record<string, () => unknown> = {
  zero: () => 0,
  seven: () => 7,
  255: () => 255,
  256: () => 256,
  '-1': () => -1,
  1.5: () => 1.5,
  undefined: () => undefined,
  text: () => 'x',
  throws: () => {
    throw new Error('the master algorithm has thrown');
  },
  'throws flag': () => {
    throw new FlagError('--size', 'expected a number');
  },
  'throws text': () => {
    throw 'just words';
  },
  rejects: () => Promise.reject(new Error('the master algorithm has rejected')),
  timer: () => {
    setTimeout(() => {
      throw new Error('a timer of the master has thrown');
    });
    return new Promise(() => {});
  },
  rejection: () => {
    void Promise.reject(new Error('nobody handles this'));
    return new Promise(() => {});
  },
  lingers: () => {
    setInterval(() => {}, 1_000);
    return 3;
  },
};

defineMaster(async (master) => {
  console.log('master argv', JSON.stringify(master.argv));
  console.log('echoed', await echo.future('here'));
  return endings[master.argv[0] ?? 'zero']?.();
});

defineSlave((slave) => {
  console.log('slave argv', JSON.stringify(slave.argv));
  return slave.slaveLoopSimple();
});

const code = await initialize();
console.log('initialize returned', code, process.exitCode);
