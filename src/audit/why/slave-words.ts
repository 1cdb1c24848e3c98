/** The sentence for each reason of a slave. */

import { counted } from '../../structures/counted.js';
import { inSeconds, list } from './plain-text.js';
import type { OtherTasks, SlaveBecause, SlaveTasks, SlaveWhyOf } from './slave-why.js';
import { busyWith } from './task-words.js';

type Words = { readonly [B in SlaveBecause]: (why: SlaveWhyOf<B>) => string };

/** Each follows the id of the slave. */
export const SLAVE_WORDS: Words = {
  joining: () => 'was welcomed, and has not answered yet',
  suspected: ({ facts }) =>
    `is suspected (${facts.evidence}): it gets no task until it is heard again, or is lost; it ${has(facts)}`,
  'may-end': ({ facts }) => {
    const why =
      facts.task === undefined
        ? 'is ended for a task that did not stop'
        : `may be ended for ${facts.task}, which was killed`;
    return `${why}: it gets no new task; it ${has(facts)}`;
  },
  leaving: ({ facts }) => `has said goodbye, and its last results are on their way; it ${has(facts)}`,
  'shutting-down': () => 'was told to stop',
  draining: ({ facts }) =>
    `gets no new task, and leaves as soon as it has run what it has begun; it ${has(facts)}`,
  moving: ({ facts }) => `moves to the group ${facts.group} as soon as it runs nothing; it ${has(facts)}`,
  busy: ({ facts }) => `is busy: it ${has(facts)}`,
  'runs-alone': ({ facts }) => `runs a task that must run alone, and gets no other: it ${has(facts)}`,
  'cancelled-runs': ({ facts }) =>
    `has no free place: cancelled runs go on there (${facts.tasks.join(', ')}); it ${has(facts)}`,
  'asked-back': ({ facts }) =>
    `was asked for tasks that it has not begun, and gets none until it answers; it ${has(facts)}`,
  'no-credit': ({ facts }) =>
    `gets no task, since its session takes nothing now (${facts.waitingBytes} bytes wait, ${facts.spareCredit} more are granted); it ${has(facts)}`,
  reserved: ({ facts }) => `is kept free for a task that must run alone; it ${has(facts)}`,
  'behind-broadcast': ({ facts: { broadcast, againInSeconds } }) =>
    `gets nothing before its next run of a broadcast (${broadcast.taskId}, ${broadcast.algorithm}), which waits for ${inSeconds(againInSeconds)} after one that failed`,
  'on-trial': ({ facts }) => {
    const machine = facts.machine === undefined ? 'its machine' : `machine ${facts.machine}`;
    return `is on trial, and gets tasks once ${machine} is valid; it ${has(facts)}`;
  },
  'no-ordered-tasks': ({ facts }) => `is ordered, and no task has its sid: ${others(facts)}`,
  'checkpoint-full': ({ facts }) =>
    `gets no task, since the checkpoint takes no more results now: ${others(facts)}`,
  'no-tasks': () => 'has nothing to do: the master has no task',
  'shared-values': ({ facts: { waiting } }) =>
    `fetches the shared values that ${waiting === 1 ? 'a task needs' : `${waiting} tasks need`}`,
  'no-task-for-it': ({ facts }) => `has nothing to do: ${others(facts)}`,
  'others-keep-up': ({ facts: { crew, queued } }) =>
    `rests: ${counted(crew, 'slave runs', 'slaves run')} tasks that are so quick as fast as the master gives them out (${counted(queued, 'task is', 'tasks are')} queued)`,
  next: () => 'gets tasks with the next dispatch',
  'master-ended': ({ facts: { error } }) => `gets no task, since the master has ended: ${error}`,
  lost: ({ facts: { evidence, rejoinedAs } }) => `was declared dead: ${evidence}${again(rejoinedAs)}`,
  left: ({ facts: { evidence, rejoinedAs } }) => `has left: ${evidence}${again(rejoinedAs)}`,
  forgotten: () =>
    'has gone, and a master remembers why for the last 10,000 slaves; the audit trail knows more (--audit-report FILE --why SLAVE-n)',
  'never-joined': ({ facts: { next } }) =>
    next === undefined
      ? 'is not in this trail; its first lines may be rotated away'
      : `has never joined: the next slave is ${next}`,
  'trail-ends': ({ state, facts: { evidence, isFinished } }) => {
    const suspected = evidence === undefined ? '' : `, and was suspected (${evidence})`;
    const killed = isFinished ? '' : '; its master was killed, or still runs';
    return `was there when the trail ended, ${state === 'busy' ? 'with tasks' : 'without tasks'}${suspected}${killed}`;
  },
};

function has({ runs, waiting, mail }: SlaveTasks): string {
  const more = waiting === 0 ? '' : `, and ${counted(waiting, 'more task waits', 'more tasks wait')} there`;
  const own = mail === 0 ? '' : `; ${counted(mail, 'task waits', 'tasks wait')} for it alone`;
  return `${busyWith(runs)}${more}${own}`;
}

function others(tasks: OtherTasks): string {
  const said = [
    [tasks.atSlaves, 'at slaves'],
    [tasks.ordered, 'for other slaves alone'],
    [tasks.backingOff, 'until their backoff is over'],
    [tasks.needValues, 'for the values of others'],
    [tasks.setAside, 'until the program takes results'],
    [tasks.stored, 'for their turn, with stored results'],
    [tasks.queued, 'queued for slaves of another group, or at a limit such as that of their queue'],
  ] as const;
  const some = said.filter(([count]) => count > 0).map(([count, where]) => `${count} ${where}`);
  return some.length === 0 ? 'there are no other tasks' : `the master's tasks are ${list(some, 0)}`;
}

function again(rejoinedAs: string | undefined): string {
  return rejoinedAs === undefined ? '' : `; it is here again as ${rejoinedAs}`;
}
