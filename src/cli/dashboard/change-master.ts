/** Makes the changes to a running master that people ask for on its dashboard, and says what was done. */

import type { SlaveId, TaskId } from '../../algorithms/types.js';
import type { ControlAction, GroupName } from '../../dashboard/messages.js';
import { nameOfGroup } from '../../dashboard/model/failure-groups.js';
import { UsageError } from '../../errors.js';
import type { SlaveProcessName } from '../../machines/farm/farm.js';
import type { RecentLines } from '../../machines/recent-output.js';
import type { Resubmitted } from '../../master/core/resubmissions.js';
import type { Master } from '../../master/master.js';
import type { SlaveView } from '../../master/slaves/slave-view.js';
import { counted } from '../../structures/counted.js';

/** Which streams of slaves are read, and the lines of one slave. */
export interface LookedAtOutput {
  readonly ends: { readonly read: readonly string[] };
  recentOf(name: string): RecentLines | undefined;
}

/** A running master, and the local slaves that it has. */
export interface MasterToLookAt {
  readonly master: Pick<
    Master,
    | 'counters'
    | 'findTask'
    | 'findTasks'
    | 'handle'
    | 'keepEnded'
    | 'keepFailed'
    | 'openProfiles'
    | 'resubmitFailed'
    | 'slaves'
    | 'slavesAtWork'
    | 'takeThrown'
    | 'watchRuns'
  >;
  /** Undefined if slaves have the streams of the master. */
  readonly output: LookedAtOutput | undefined;
  addSlave(): number | undefined;
  killSlave(slave: SlaveProcessName): boolean;
  drainSlave(slave: SlaveProcessName): boolean;
}

/** The change in words. Throws UsageError if nothing was changed. */
export function changeMaster(running: MasterToLookAt, action: ControlAction): string {
  const { master } = running;
  switch (action.do) {
    case 'cancel': {
      const { taskId, kill } = action;
      if (!master.handle.cancel(taskId as TaskId, { kill }))
        throw new UsageError(`${taskId} has its fate already, or there is no such task`);
      return `${kill ? 'killed' : 'cancelled'} ${taskId}`;
    }
    case 'resubmit':
      return resubmit(master, action.group);
    case 'add-slave': {
      const pid = running.addSlave();
      if (pid === undefined) throw new UsageError('a slave could not be started; the trail says why');
      return `started a local slave, process ${pid}`;
    }
    case 'drain-slave': {
      const { sid, pid } = localSlave(running, action.sid, (slave) => running.drainSlave(slave));
      return `drains ${sid}, process ${pid}: it gets no new task, and leaves when it has run what it has begun`;
    }
    case 'stop-slave': {
      const { sid, pid } = localSlave(running, action.sid, (slave) => running.killSlave(slave));
      return `stopped ${sid}, process ${pid}; its tasks go elsewhere`;
    }
    default:
      return action satisfies never;
  }
}

function localSlave(
  { master }: MasterToLookAt,
  sid: string,
  act: (slave: SlaveView) => boolean,
): { readonly sid: SlaveId; readonly pid: number } {
  const slave = master.slaves.find((one) => one.sid === sid);
  if (slave === undefined) throw new UsageError(`${sid} is not here`);
  if (!act(slave))
    throw new UsageError(`${sid} is no local slave of this master; stop it where it was started`);
  return slave;
}

function resubmit(master: MasterToLookAt['master'], group: GroupName): string {
  const { kind, algorithm, errorClass, frame } = group;
  const done = master.resubmitFailed((failure) => {
    const name = nameOfGroup(failure);
    return (
      name.kind === kind &&
      name.algorithm === algorithm &&
      name.errorClass === errorClass &&
      name.frame === frame
    );
  });
  const { taskIds } = done;
  const which = `of ${algorithm} (${errorClass})`;
  const others = describeOthers(done);
  if (taskIds.length === 0)
    throw new UsageError(
      `no failed task ${which} could be submitted again${others === '' ? ': the master knows of none' : others}`,
    );
  const tasks = counted(taskIds.length, 'failed task');
  const names = taskIds.length === 1 ? `${taskIds[0]}` : `${taskIds[0]} to ${taskIds.at(-1)}`;
  return `submitted ${tasks} ${which} again, as ${names}${others}`;
}

function describeOthers({ refused, forgotten }: Resubmitted): string {
  let count = 0;
  for (const number of refused.values()) count += number;
  const why = Array.from(refused, ([reason, number]) => `${number}: ${reason}`).join('; ');
  const others = count === 0 ? '' : `; ${count} could not be (${why})`;
  return forgotten === 0
    ? others
    : `${others}; the master has forgotten ${forgotten} failed tasks, of this group or others`;
}
