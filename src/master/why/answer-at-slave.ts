/** Answers why a task that a slave has is not done. */

import type { AtSlave, TaskWhy } from '../../audit/why/task-why.js';
import type { Task } from '../model/task.js';
import type { TaskGroup } from '../model/task-group.js';
import { runningOn } from '../slaves/running-tasks.js';
import { answer } from './answer.js';
import { MOST_LISTED, secondsSince, tasksAt } from './occupied-slaves.js';

/** Of a running task. */
export function answerAtSlave(task: Task, now: number): TaskWhy {
  const { group } = task;
  if (group === undefined) return answer(task, 'deciding', 'running', {});
  const { slave } = group;
  const place = placeOf(task, group, now);
  const { suspicion: evidence, session } = slave;
  if (evidence !== undefined) return answer(task, 'at-suspected-slave', 'running', { ...place, evidence });
  if (group.run === undefined && group.message > session.handedOver) {
    const { waitingBytes, spareCredit } = session;
    return answer(task, 'not-sent', 'running', { ...place, waitingBytes, spareCredit });
  }
  if (task.index < slave.firstRunning) return answer(task, 'result-under-way', 'running', place);
  for (const one of runningOn(slave)) {
    if (one !== task) continue;
    return answer(task, 'running', 'running', { ...place, expectedSeconds: task.algorithm.seconds });
  }
  const before = slave.openTasks().filter(({ index }) => index < task.index && index >= slave.firstRunning);
  const { runs } = tasksAt(slave, now);
  return answer(task, 'behind-at-slave', 'running', { ...place, before: before.length, runs });
}

function placeOf(task: Task, { slave, sentAt }: TaskGroup, now: number): AtSlave {
  const others = task.given?.flatMap(({ goesOn }) => goesOn?.slave.sid ?? []) ?? [];
  return {
    sid: slave.sid,
    host: slave.host,
    pid: slave.pid,
    attempt: task.runningAttempt,
    givenSeconds: secondsSince(sentAt, now),
    alsoOn: others.slice(0, MOST_LISTED),
  };
}
