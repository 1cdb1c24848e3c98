/**
 * Computes a Fibonacci number by calls that are tasks, most of them of equal arguments, in the way that its
 * first argument says. Its master prints each call as it learns of it, and the sum at the end; its slaves
 * note each call that they have computed, with the run's name, in the file `FIBONACCI_LOG`.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize, type MasterHandle } from 'ts-mw';

const log = process.env.FIBONACCI_LOG === undefined ? undefined : openSync(process.env.FIBONACCI_LOG, 'a');

/** The calls that a call needs: none but itself, or two more. */
const call = defineAlgorithm('call', async (n: number): Promise<number[]> => {
  await pause(2);
  if (log !== undefined) writeSync(log, `${process.env.FIBONACCI_RUN} ${n}\n`);
  return n < 2 ? [] : [n - 1, n - 2];
});

const ways: Record<string, (master: MasterHandle, n: number) => Promise<number>> = {
  /** Breadth comes from the results: which calls there are depends on what has come. */
  results: async (master, n) => {
    let sum = 0;
    call.funcall(n);
    for await (const fate of master.results(call)) {
      if (fate.status !== 'ok') throw fate.error;
      console.log('call', fate.args[0]);
      for (const needed of fate.packet) call.funcall(needed);
      if (fate.packet.length === 0) sum += fate.args[0];
    }
    return sum;
  },
  loop: async (master, n) => {
    let sum = 0;
    call.funcall(n);
    while (master.numRunnableTasks > 0) {
      await master.masterLoop();
      for (const fate of master.getResults(call)) {
        if (fate.status !== 'ok') throw fate.error;
        console.log('call', fate.args[0]);
        for (const needed of fate.packet) call.funcall(needed);
        if (fate.packet.length === 0) sum += fate.args[0];
      }
    }
    return sum;
  },
  futures: async (_master, n) => {
    const compute = async (n: number): Promise<number> => {
      const needs = await call.future(n);
      console.log('call', n);
      if (needs.length === 0) return n;
      const [one = 0, other = 0] = await Promise.all(needs.map(compute));
      return one + other;
    };
    return compute(n);
  },
};

defineMaster(async (master) => {
  const [way = '', n = '10'] = master.argv;
  const sum = await ways[way]?.(master, Number(n));
  console.log('sum', sum);
  return 0;
});

await initialize();
