/** The promises of queues, looked at from outside: from what is sent to slaves, and from what they run. */

import type { TaskQueue } from '../../src/algorithms/queue.js';
import { isStrict } from '../../src/master/jar/queue-state.js';
import type { Task } from '../../src/master/model/task.js';
import type { Roster } from '../../src/master/slaves/roster.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';
import { must } from './invariants.js';
import type { Submitted } from './program.js';
import type { SimulatedSlave } from './simulated-slave.js';

const SECOND_MS = 1_000;

export class QueueCheck {
  readonly #begins = new Map<TaskQueue, number[]>();

  /** A group has gone out to a slave. */
  sent(roster: Roster, sid: string, now: number): void {
    const slave = [...roster].find((slave) => slave.sid === sid);
    const group = [...(slave?.groups ?? [])].at(-1);
    if (slave === undefined || group === undefined) return;
    for (const { policy, id } of group.tasks) {
      const { queue } = policy;
      if (queue === undefined || !isStrict(queue)) continue;
      must(group.tasks.length === 1, `${id} of ${queue.name} is not alone in its group`);
      must(slave.outstanding <= slave.concurrency, `${id} of ${queue.name} waits at ${sid}`);
      const runs = runsInBooks(roster, queue);
      must(runs <= (queue.limit ?? runs), `${runs} runs of ${queue.name} after ${id} was sent`);
      this.#begin(queue, now);
    }
  }

  #begin(queue: TaskQueue, now: number): void {
    const begins = this.#begins.get(queue) ?? [];
    this.#begins.set(queue, begins);
    begins.push(now);
    const recent = begins.filter((at) => now - at < SECOND_MS).length;
    must(recent <= (queue.perSecond ?? recent), `${recent} tasks of ${queue.name} in a second`);
  }

  /** A slave begins a task: with all that slaves run in sessions which the master still has, it keeps the limit. */
  begins(
    roster: Roster,
    tasks: ReadonlyMap<number, Submitted>,
    slaves: readonly SimulatedSlave[],
    begun: GivenTask,
  ): void {
    const queueOf = ({ number }: GivenTask): TaskQueue | undefined => tasks.get(number)?.policy.queue;
    const queue = queueOf(begun);
    if (queue?.limit === undefined) return;
    const runs = new Set<string>();
    for (const slave of slaves) {
      const { sid, nonce } = slave.core;
      if (sid === undefined || roster.findByNonce(nonce) === undefined) continue;
      for (const run of [...slave.running, begun]) {
        if (run.sid === sid && queueOf(run) === queue) runs.add(`${sid}/${run.index}`);
      }
    }
    must(runs.size <= queue.limit, `${runs.size} tasks of ${queue.name} run at once: ${[...runs].join()}`);
  }
}

/**
 * Slaves that come back may bring more than the limit; then nothing is sent. A run beside another one that is known to
 * have ended, and whose result is on its way, does not count.
 */
function runsInBooks(roster: Roster, queue: TaskQueue): number {
  let runs = 0;
  for (const slave of roster) {
    const goesOn = ({ given }: Task): boolean =>
      given?.some((run) => run.goesOn?.slave === slave && run.goesOn.index >= slave.firstRunning) === true;
    const tasks = [...slave.groups.openTasks(), ...slave.goingOn.filter(goesOn)];
    for (const { policy } of tasks) if (policy.queue === queue) runs++;
  }
  return runs;
}
