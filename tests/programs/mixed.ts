/** A master with tasks of mixed length that sleep, once as many slaves have joined as its argument says. */
import { defineMaster, initialize } from 'ts-mw';
import { pause } from './algorithms.js';

const LONG_SECONDS = 3;

let joined = 0;
let onJoin = (): void => {};

defineMaster(
  async (master) => {
    const slaves = Number(master.argv[0]);
    await new Promise<void>((resolve) => {
      onJoin = () => {
        if (joined >= slaves) resolve();
      };
      onJoin();
    });
    const began = performance.now();
    for (let task = 0; task < 40; task++) {
      pause.funcall(task === 20 ? LONG_SECONDS : 0.1 + ((task * 7) % 10) * 0.1);
    }
    for await (const fate of master.results(pause)) if (fate.status !== 'ok') throw fate.error;
    console.log(`mixed tasks took ${Math.round(performance.now() - began)} ms`);
    return 0;
  },
  {
    onAudit: ({ type }) => {
      if (type !== 'slave-idle') return;
      joined++;
      onJoin();
    },
  },
);

await initialize();
