/** A slave that is stopped in the middle of a task: with backup tasks another one gives the result meanwhile. */
import { type AuditEvent, master } from 'ts-mw';
import * as assert from 'uvu/assert';
import { pause } from '../programs/algorithms.js';
import { overEachBroker } from '../support/each-broker.js';
import { programPath, until, within } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('backup tasks');
const SHORT_S = 0.05;

overEachBroker(
  test,
  'what a stopped slave has not done is done by another, and counts once when it goes on',
  async ({ flags }, { folder }) => {
    const events: AuditEvent[] = [];
    const mw = await master({
      slaves: 2,
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      backupTasks: true,
      // Longer than the test: the slave is not lost.
      clientTimeout: 600,
      ...flags,
      onAudit: (event) => events.push(event),
    });
    const ofType = (type: AuditEvent['type']): number => events.filter((event) => event.type === type).length;
    let stopped: number | undefined;
    try {
      await mw.run(async (handle) => {
        let pid = 0;
        // Else one slave may have been asked for a task that the other could run, and gets none before its answer
        await until('a task on each slave', async () => {
          const [one, other] = await Promise.all([pause.future(SHORT_S), pause.future(SHORT_S)]);
          pid = one;
          return one !== other;
        });
        process.kill(pid, 'SIGSTOP');
        stopped = pid;
        const pids = await within(
          60_000,
          Promise.all([pause.future(SHORT_S), pause.future(SHORT_S)]),
          () => 'both results',
        );
        assert.not(pids.includes(pid), 'it still stands');
        assert.ok(ofType('task-backed-up') > 0);
        process.kill(pid, 'SIGCONT');
        stopped = undefined;
        await until('it is trusted', () => ofType('slave-suspected') === ofType('suspicion-ended'));
        assert.is(ofType('slave-lost'), 0);
        await until('it works again', async () => {
          const later = await Promise.all(Array.from({ length: 20 }, () => pause.future(SHORT_S)));
          return later.includes(pid);
        });
        assert.is(handle.pendingTasks, 0);
      });
    } finally {
      if (stopped !== undefined) process.kill(stopped, 'SIGCONT');
      await mw.stop();
    }
    assert.is(ofType('task-unrunnable'), 0);
  },
);

test.run();
