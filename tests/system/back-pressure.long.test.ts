/** How much a master gives to a slave whose main takes nothing: what the session and the link hold is bounded. */
import * as assert from 'uvu/assert';
import { sizeOf, spin } from '../programs/algorithms.js';
import { joining, withCluster } from '../support/clusters.js';
import { overEachBroker } from '../support/each-broker.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('back pressure');

const WARM_UP = 2_000;
const TASKS = 320;
const TASK_BYTES = 64 * 1024;
/** The slave's credit and what waits in its session, both in full, and a task more for each. */
const MOST_BYTES = 2 * 1024 * 1024;

overEachBroker(
  test,
  'a slave that takes nothing is given little, until it does',
  async (broker, { start }) => {
    let sent = 0;
    let sentMeanwhile: number | undefined;
    await withCluster(
      broker,
      0,
      async (mw) => {
        const slave = start('worker.js', joining(mw, broker));
        // Widens the slave's window, so that no more than its credit holds tasks back
        const warm = Array.from({ length: WARM_UP }, () => sizeOf.future(Buffer.alloc(1)));
        await Promise.all(warm);
        sent = 0;
        sentMeanwhile = undefined;
        spin.funcall(2);
        await slave.waitForLine(/^spinning /);
        const payload = Buffer.alloc(TASK_BYTES, 7);
        for (let count = 0; count < TASKS; count++) sizeOf.funcall(payload);
        let sum = 0;
        for await (const fate of mw.results(sizeOf)) sum += fate.status === 'ok' ? fate.packet : Number.NaN;
        assert.is(sum, TASKS * TASK_BYTES, 'and all of it in the end');
      },
      {
        slaveTaskGroup: 1,
        onAudit: (event) => {
          if (event.type === 'tasks-sent') sent += event.count;
          // The first result is that of the task that blocked it
          else if (event.type === 'results-received') sentMeanwhile ??= sent;
        },
      },
    );
    const bytes = ((sentMeanwhile ?? 0) - 1) * TASK_BYTES;
    assert.ok(bytes > 0, 'something was sent ahead');
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes were given to a slave that took none`);
  },
);

test.run();
