/**
 * Says which tasks of a slave that is gone may have begun there: one of them may be the reason. It does not
 * decide what happens to them.
 */

import { type Farewell, HELD_RESULTS, HELD_SECONDS } from '../../wire/messages/messages.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

/** `perhaps`: only if results of tasks before it were lost on their way. */
export type Begun = 'likely' | 'perhaps' | 'no';

/**
 * Says for each task that the slave had whether it began there. All tasks that may have reached the slave may
 * have begun: results of earlier ones may have been lost together with it, and a slave that was declared dead
 * may still begin the rest. A slave that is ended for a task that did not stop had begun the tasks before it,
 * and none after it; or it may have died of a task that ran beside it.
 */
export function judgeBegun(
  slave: SlaveRecord,
  tasks: readonly Task[],
  resultGroup: number,
): (task: Task) => Begun {
  const { farewell } = slave;
  if (farewell !== undefined) return judgeLeft(farewell, slave.isDoomed);
  const { overdue } = slave;
  if (overdue !== undefined && slave.concurrency === 1) {
    return ({ index }) => (index < overdue ? 'perhaps' : 'no');
  }
  const likely = slave.isDoomed ? undefined : likelyBegun(slave, tasks, resultGroup);
  const { handedOver } = slave.session;
  return (task) => {
    if (task.group === undefined || task.group.message > handedOver) return 'no';
    return likely?.has(task) ? 'likely' : 'perhaps';
  };
}

/** The same of a run that goes on beside another one of its task. */
export function judgeSetAside(slave: SlaveRecord, index: number): Begun {
  const { farewell, lingering, isDoomed } = slave;
  if (farewell !== undefined) {
    if (farewell.running.includes(index) && !isDoomed) return 'likely';
    return index < farewell.begun ? 'perhaps' : 'no';
  }
  return !isDoomed && lingering.some((run) => run.index === index) ? 'likely' : 'perhaps';
}

/**
 * A slave that leaves knows which tasks it had begun. Their results may be lost, or be those of tasks taken
 * back.
 */
function judgeLeft({ running, begun }: Farewell, doomed: boolean): (task: Task) => Begun {
  const runs = new Set(running);
  return ({ index }) => {
    if (runs.has(index) && !doomed) return 'likely';
    return index < begun ? 'perhaps' : 'no';
  };
}

/**
 * The tasks that had begun if all results of the slave have arrived. A slave begins its tasks in order and
 * sends a group's results before it begins the next, but may hold back results of short tasks. A slave that
 * runs several at once does so beside all but one of them.
 */
function likelyBegun(slave: SlaveRecord, tasks: readonly Task[], resultGroup: number): Set<Task> {
  const { concurrency } = slave;
  const running = tasks.slice(0, concurrency);
  const groups = new Set(running.map(({ group }) => group));
  const heldThrough = (running.at(-1)?.index ?? 0) + HELD_RESULTS;
  const begun = new Set<Task>();
  let runLong = 0;
  for (const [position, task] of tasks.entries()) {
    const held = runLong < concurrency && (task.group?.firstIndex ?? 0) < heldThrough;
    const near = groups.has(task.group) || position < concurrency - 1 + resultGroup;
    if (held || near || task.index < slave.begun) begun.add(task);
    if ((task.algorithm.seconds ?? HELD_SECONDS) >= HELD_SECONDS) runLong++;
  }
  return begun;
}
