/** The losers of a race on real slaves: their tasks, queued and running, are cancelled, and their slaves are free. */
import { currentScope, firstWins, master, parallel, pmap } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pause } from '../programs/algorithms.js';
import { programPath, until, within, withPrograms } from '../support/programs.js';

const it = suite('flow');
const LIMIT_MS = 30_000;

it('a race leaves nothing that runs', () =>
  withPrograms(async ({ folder }) => {
    const mw = await master({
      slaves: 2,
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      slaveTaskGroup: 1,
    });
    const cancelled: string[] = [];
    try {
      await mw.run(async () => {
        await within(LIMIT_MS, parallel([() => pause.future(0), () => pause.future(0)]), () => 'both slaves');
        const winner = await within(
          LIMIT_MS,
          firstWins({
            loser: async () => {
              currentScope()?.signal.addEventListener('abort', () => cancelled.push('signal'));
              try {
                await Promise.all([pause.future(600), pmap(pause, [601, 602, 603])]);
              } finally {
                cancelled.push('loser');
              }
            },
            winner: async () => {
              await until('the loser runs on both slaves', () => mw.taskCategoriesRunning().length === 2);
              return 'the winner';
            },
          }),
          () => 'the winner',
        );
        assert.is(winner, 'the winner');
        assert.equal([cancelled, mw.pendingTasks], [['signal', 'loser'], 0]);
        const pids = new Set<number>();
        const visitBoth = async (): Promise<void> => {
          while (pids.size < 2) {
            for (const pid of await Promise.all([pause.future(0.1), pause.future(0.1)])) pids.add(pid);
          }
        };
        await within(LIMIT_MS, visitBoth(), () => 'the runs of the loser to stop on both');
      });
    } finally {
      await mw.stop();
    }
  }));

it.run();
