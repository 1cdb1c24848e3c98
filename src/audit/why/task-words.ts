/** The sentence for each reason of a task. */

import { counted } from '../../structures/counted.js';
import { awaitedWords, isAnyComing } from './machine-words.js';
import { inSeconds, list, megabytes } from './plain-text.js';
import type { TaskObstacle } from './slave-obstacle.js';
import type {
  AtSlave,
  EndedFacts,
  NeededTask,
  OccupiedSlaves,
  TaskAtSlave,
  TaskBecause,
  TaskStory,
  TaskWhyOf,
} from './task-why.js';

type Words = { readonly [B in TaskBecause]: (why: TaskWhyOf<B>) => string };

/** Each follows the id of the task. */
export const TASK_WORDS: Words = {
  'needs-values': ({ facts: { needs, more } }) => `waits for the values of ${list(needs.map(needed), more)}`,
  'master-ended': ({ state, facts: { error } }) => `stays ${state}, since its master has ended: ${error}`,
  'master-blocked': ({ state, facts: { blockedSeconds } }) =>
    `is ${state}, and the master's event loop has not turned for ${inSeconds(blockedSeconds)}: until it does, no task goes out and no result is read`,
  'no-slaves': ({ facts }) => {
    const { joining } = facts;
    if (joining > 0) return `waits for a slave: ${counted(joining, 'slave is', 'slaves are')} joining`;
    const hint = isAnyComing(facts) ? '' : '; start some with --slave or --slaves N';
    return `waits for a slave: there are none${awaitedWords(facts)}${hint}`;
  },
  'other-groups': ({ facts }) => {
    const { ordered, moving, draining, onTrial } = facts;
    const others = [
      ...(ordered === 0 ? [] : [`${ordered} of the group ordered`]),
      ...(moving === 0 ? [] : [`${moving} on the way to another group`]),
      ...(draining === 0 ? [] : [`${draining} that will leave`]),
      ...(onTrial === 0 ? [] : [`${onTrial} on trial for a machine that is not valid yet`]),
    ];
    return `waits for a slave that runs tasks without a sid; the slaves here: ${list(others, 0)}${awaitedWords(facts)}`;
  },
  'untaken-fates': ({ algorithm, facts: { untaken, mostUntaken, bytes, mostBytes } }) =>
    `waits until the program takes results: those of ${algorithm} that it has not taken are ${untaken} (${megabytes(bytes)}); from ${mostUntaken}, or ${megabytes(mostBytes)} with those to come, its tasks wait until half are taken`,
  'checkpoint-full': ({ facts: { waiting, mostWaiting, bytes, mostBytes } }) =>
    `waits for the checkpoint: ${counted(waiting, 'result waits', 'results wait')} for its disk or their turn (${megabytes(bytes)}); from ${mostWaiting}, or ${megabytes(mostBytes)}, no task is given out`,
  'queue-limit': ({ facts: { queue, limit, atSlaves } }) =>
    `waits in the queue ${JSON.stringify(queue)}: its limit is ${limit}, and it has ${counted(atSlaves, 'task')} at slaves`,
  'queue-rate': ({ facts: { queue, perSecond, againInSeconds } }) =>
    `waits in the queue ${JSON.stringify(queue)}: its rate is ${perSecond} per second, and the next task may begin in ${inSeconds(againInSeconds)}`,
  'shared-values': ({ facts: { sid, values, bytes } }) =>
    `waits until ${sid} has ${values === 1 ? 'the shared value' : `the ${values} shared values`} that it needs, ${bytes} bytes`,
  'queue-turn': ({ facts }) =>
    `waits in the queue ${JSON.stringify(facts.queue)}, of weight ${facts.weight}, for a slave: ${occupied(facts)}${
      facts.otherQueues > 0
        ? `; ${counted(facts.otherQueues, 'other queue has', 'other queues have')} tasks too`
        : ''
    }`,
  'runs-alone': ({ facts }) => {
    const free = facts.reserved === undefined ? '' : `; ${facts.reserved} gets nothing more until it is free`;
    return `may have ended a slave, so it runs alone, and waits for a slave that runs nothing: ${occupied(facts)}${free}`;
  },
  'behind-broadcast': ({ facts }) => {
    const { taskId, algorithm } = facts.broadcast;
    const slave = facts.only ?? 'each slave that could run it';
    return `waits until ${slave} has run a broadcast (${taskId}, ${algorithm})`;
  },
  'slaves-busy': ({ facts }) => `waits for ${awaited(facts)}: ${occupied(facts)}`,
  'slaves-suspected': ({ facts }) =>
    `waits for ${awaited(facts)}: ${occupied(facts)}; a suspected slave gets nothing until it is heard again, or is lost`,
  'no-credit': ({ facts }) => `waits for ${awaited(facts)}: ${occupied(facts)}`,
  'slaves-leaving': ({ facts }) => `waits for ${awaited(facts)}: ${occupied(facts)}`,
  next: ({ facts: { before } }) =>
    `is given out in its turn, with the next dispatch${before === undefined || before === 0 ? '' : ` (${before} before it)`}`,
  'backing-off': ({ facts: { againInSeconds, failures } }) =>
    `is run again in ${inSeconds(againInSeconds)}: ${counted(failures, 'run has', 'runs have')} failed, and its policy asks for a wait`,
  running: ({ facts }) => {
    const { expectedSeconds } = facts;
    const usual =
      expectedSeconds === undefined ? '' : `; its algorithm takes ${inSeconds(expectedSeconds)} on average`;
    return `runs on ${place(facts)}, to which it was given ${since(facts)}${usual}`;
  },
  'behind-at-slave': ({ facts }) =>
    `waits at ${place(facts)}, to which it was given ${since(facts)}, after ${counted(facts.before, 'other task')}: the slave ${busyWith(facts.runs)}`,
  'not-sent': ({ facts }) =>
    `was given to ${place(facts)} ${since(facts)}, and has not left the master: ${
      facts.spareCredit > 0 ? 'the link takes nothing now' : 'the slave has granted no room for it'
    }`,
  'at-suspected-slave': ({ facts }) =>
    `was given to ${place(facts)} ${since(facts)}, and that slave is suspected (${facts.evidence}): the task goes on if the slave is heard again, and is taken back if it is lost`,
  'result-under-way': ({ facts }) =>
    `has ended on ${place(facts)}, to which it was given ${since(facts)}, and its result is on its way`,
  deciding: () => 'has ended a run, and its next step is being decided',
  'checkpoint-order': ({ facts: { held } }) =>
    `has a stored result, which comes in the order in which results were stored (in line: ${held})`,
  uncommitted: ({ facts }) => `${fate(facts)}, and waits until that is on the checkpoint's disk`,
  'behind-stored-results': ({ facts }) =>
    `${fate(facts)}, which comes after the stored results of earlier runs (in line: ${facts.held})`,
  untaken: ({ facts }) => `${fate(facts)}, which the program has not taken`,
  settled: ({ facts }) =>
    `${fate(facts)}${took(facts)}${facts.masters === 1 ? '' : `, by master ${facts.master} of ${facts.masters} in this trail`}`,
  taken: ({ facts }) => `${fate(facts)}; the program has taken its fate`,
  forgotten: () =>
    'has had its fate, and the program took it: a master remembers a fate until then, or with --dashboard the last 10,000; the audit trail knows more (--audit-report FILE --why TASK-n), and each run if it was written with --audit-runs',
  'never-submitted': ({ facts: { next } }) =>
    next === undefined
      ? 'is not in this trail; its first lines may be rotated away'
      : `was never submitted: the next task is ${next}`,
  'trail-ends': ({ facts }) =>
    `had no fate when the trail ended (${masterInTrail(facts)}): ${whereInTrail(facts)}`,
};

function needed({ taskId, state }: NeededTask): string {
  return `${taskId ?? 'a task to come'} (${state === 'elsewhere' ? 'of another master' : state})`;
}

function awaited({ only }: OccupiedSlaves): string {
  return only === undefined ? 'a free slave' : `${only}, the only slave that may run it`;
}

const OBSTACLES: Readonly<Record<TaskObstacle, string>> = {
  'not-joined': 'shuts down',
  suspected: 'is suspected',
  'may-end': 'may be ended for a task that does not stop',
  leaving: 'leaves',
  'cancelled-runs': 'has cancelled runs that go on',
  'runs-alone': 'runs a task that must run alone',
  'asked-back': 'was asked to give tasks back',
  full: 'has enough',
  unsent: 'has not taken what was sent before',
  'no-credit': 'has granted no room for more bytes',
  'mail-first': 'has tasks of its own to run first',
  reserved: 'is kept free for a task that must run alone',
  fetching: 'fetches shared values',
  resting: 'rests while others keep up with such quick tasks',
};

/** In one sentence, a few are enough; the facts list the others. */
const MOST_SAID = 3;

function occupied({ slaves, more }: OccupiedSlaves): string {
  const said = slaves.slice(0, MOST_SAID).map(({ sid, obstacle, runs, evidence }) => {
    const why = evidence === undefined ? OBSTACLES[obstacle] : `${OBSTACLES[obstacle]} (${evidence})`;
    if (runs.length === 0) return `${sid} ${why}`;
    if (obstacle === 'runs-alone') return `${sid} ${busyWith(runs)}, which must run alone`;
    return obstacle === 'full' ? `${sid} ${busyWith(runs)}` : `${sid} ${why} and ${busyWith(runs)}`;
  });
  return list(said, more + Math.max(0, slaves.length - MOST_SAID));
}

/** Of one slave in the facts. */
export function occupiedLine({ sid, obstacle, runs, waiting }: OccupiedSlaves['slaves'][number]): string {
  const more = waiting === 0 ? '' : `, ${waiting} more wait there`;
  return `${sid} ${OBSTACLES[obstacle]}: ${busyWith(runs)}${more}`;
}

export function busyWith(runs: readonly TaskAtSlave[]): string {
  if (runs.length === 0) return 'runs nothing';
  const [first] = runs as readonly [TaskAtSlave];
  const others = runs.length === 1 ? '' : ` and ${counted(runs.length - 1, 'other task')}`;
  return `runs ${first.taskId} (${first.algorithm}, given ${inSeconds(first.givenSeconds)} ago)${others}`;
}

function place({ sid, host, pid, alsoOn }: AtSlave): string {
  return list([`${sid} (${host}:${pid})`, ...alsoOn], 0);
}

function since({ attempt, givenSeconds }: AtSlave): string {
  return `${inSeconds(givenSeconds)} ago${attempt === 1 ? '' : ` as run ${attempt}`}`;
}

function fate({ status, reason, error }: EndedFacts): string {
  const why = error === undefined ? '' : ` (${error})`;
  if (status === 'ok') return 'has its result';
  return status === 'error' ? `has failed${why}` : `is unrunnable, for ${reason}${why}`;
}

function took({ leastSeconds, mostSeconds }: TaskWhyOf<'settled'>['facts']): string {
  if (leastSeconds === undefined || mostSeconds === undefined) return '';
  if (leastSeconds === mostSeconds) return ` after a run of ${inSeconds(leastSeconds)}`;
  return ` after a run of ${inSeconds(leastSeconds)} to ${inSeconds(mostSeconds)}`;
}

function masterInTrail({ isFinished, signal }: TaskStory): string {
  if (!isFinished) return 'its master was killed, or still runs';
  return signal === undefined ? 'its master did not wait for it' : `its master was stopped by ${signal}`;
}

function whereInTrail({ slaves, unordered, computing, told }: TaskWhyOf<'trail-ends'>['facts']): string {
  if (slaves === 0) return 'no slave was there';
  const groups = unordered === 0 ? 'only ordered ones; ' : '';
  const last = told.at(-1);
  const known = last === undefined ? '' : `; the last line about it: ${last.text}`;
  return `${counted(slaves, 'slave was', 'slaves were')} there, ${groups}${computing} of them with tasks; whether it was at one of them, the trail does not say${known}`;
}
