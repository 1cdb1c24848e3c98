/** A master that lives in the way its first argument says, with slaves of the shared algorithms. */
import { defineMaster, initialize, type MasterHandle } from 'ts-mw';
import { pause, spin, square } from './algorithms.js';

const lives: Record<string, (master: MasterHandle) => unknown> = {
  /** A second task keeps no slave: the first has it for good. */
  pausing: async () => {
    await square.future(2);
    console.log('pausing begins');
    await pause.future(3_600);
  },
  /** CL-MW's loop, for results that never come. */
  looping: async (master) => {
    await square.future(2);
    console.log('looping begins');
    for (;;) {
      await master.masterLoop();
      master.getResults();
    }
  },
  spinning: async () => {
    await square.future(2);
    await spin.future(3_600);
  },
  idle: async () => {
    await square.future(2);
    console.log('idle begins');
    await new Promise(() => {});
  },
  /** Deaf to signals until it awaits. */
  computing: async () => {
    await square.future(2);
    console.log('computing begins');
    const until = performance.now() + 2_000;
    while (performance.now() < until);
    console.log('computing ends');
    await pause.future(3_600);
  },
  /** `argv[1]` squares, summed up. */
  squares: async (master) => {
    const count = Number(master.argv[1] ?? 100);
    for (let n = 0; n < count; n++) square.funcall(n);
    let sum = 0;
    for await (const fate of master.results(square)) sum += fate.status === 'ok' ? fate.packet : Number.NaN;
    console.log('sum', sum);
    return 0;
  },
};

defineMaster((master) => lives[master.argv[0] ?? '']?.(master));

await initialize();
