/**
 * Which tasks of a slave that is gone may have begun there: one of them may be why it is gone. Decides
 * nothing about what becomes of them.
 */

import { type Farewell, HELD_RESULTS, HELD_SECONDS } from '../../wire/messages/messages.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

/** `perhaps`: only if results of tasks before it were lost on their way. */
export type Begun = 'likely' | 'perhaps' | 'no';

/**
 * Tells for each task that was out to a slave whether it began there. All that may have reached the slave
 * may have begun: what it had done before may have been under way, and lost together with it, and a slave
 * that was taken for dead may still begin what it has. One that is ended for a task that did not stop had
 * begun what was given before, and nothing after it, or may have died of what ran beside it after all.
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

/** A slave that leaves knows what it had begun: of that, results may be lost, or be those of tasks taken back. */
function judgeLeft({ running, begun }: Farewell, doomed: boolean): (task: Task) => Begun {
  const runs = new Set(running);
  return ({ index }) => {
    if (runs.has(index) && !doomed) return 'likely';
    return index < begun ? 'perhaps' : 'no';
  };
}

/**
 * What began if all results that left the slave have arrived. It begins its tasks in order and sends a
 * group's results before it begins the next; but those of tasks that run short it may hold back. One that
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
