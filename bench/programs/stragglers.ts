/**
 * `--master --slaves N -- N [ill]` prints the seconds in which 1,000 tasks of 50 ms are done by N slaves. If `ill`,
 * the first one is ten times slower than the others, and another is stopped for five seconds when four fifths are done.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, defineMaster, initialize, type SlaveId, slaveLocal } from 'ts-mw';

const TASKS = 1_000;
const TASK_MS = 50;
const SLOWER = 10;
const STOPPED_MS = 5_000;
const STOPPED_AFTER = (TASKS * 4) / 5;

const pace = slaveLocal(() => 1);
const setPace = defineAlgorithm('setPace', (factor: number) => {
  pace.value = factor;
  return process.pid;
});
const work = defineAlgorithm('work', () => sleep(TASK_MS * pace.value));

defineMaster(async (master) => {
  const [slaves, state] = master.argv;
  const amount = Number(slaves);
  master.allocateSlaves({ amount, kind: 'intermingle' });
  const sids: SlaveId[] = [];
  while (sids.length < amount) {
    await master.masterLoop();
    sids.push(...master.getConnectedOrderedSlaves().map(({ sid }) => sid));
  }
  const pids: number[] = [];
  for (const [index, sid] of sids.entries()) {
    const factor = state === 'ill' && index === 0 ? SLOWER : 1;
    pids.push(await setPace.withTaskPolicy({ sid }).future(factor));
  }
  const stopped = pids.at(-1) as number;
  let thawed: Promise<void> | undefined;
  const began = performance.now();
  for (let task = 0; task < TASKS; task++) work.funcall();
  let done = 0;
  for await (const fate of master.results(work)) {
    if (fate.status !== 'ok') return 1;
    if (++done !== STOPPED_AFTER || state !== 'ill') continue;
    process.kill(stopped, 'SIGSTOP');
    thawed = sleep(STOPPED_MS).then(() => void process.kill(stopped, 'SIGCONT'));
  }
  console.log(((performance.now() - began) / 1000).toFixed(3));
  await thawed;
  return 0;
});

await initialize();
