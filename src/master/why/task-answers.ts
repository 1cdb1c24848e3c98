/** Answers why a task is where it is, from what the core keeps anyway. Asking changes nothing. */

import type { TaskObstacle } from '../../audit/why/slave-obstacle.js';
import type {
  AwaitedMachine,
  AwaitedMachines,
  NeededTask,
  TaskWhy,
  TaskWhyState,
  TaskWhyTable,
} from '../../audit/why/task-why.js';
import { isStrict } from '../jar/queue-state.js';
import type { Task } from '../model/task.js';
import type { TaskFate } from '../model/task-fate.js';
import type { TaskFuture } from '../model/task-future.js';
import { answer } from './answer.js';
import { answerAtSlave } from './answer-at-slave.js';
import { type Candidate, candidatesOf, occupiedSlaves } from './occupied-slaves.js';
import { allRuns, endedFacts } from './task-runs.js';
import type { WhyParams } from './why-params.js';

const MOST_NEEDS = 20;
const MOST_MACHINES = 10;
/** Characters of why one failed. */
const MOST_REASON = 300;

/** Obstacles that go when a task ends at the slave. */
const BUSY: ReadonlySet<TaskObstacle | undefined> = new Set([
  'full',
  'runs-alone',
  'asked-back',
  'cancelled-runs',
  'mail-first',
  'fetching',
  'reserved',
  'resting',
]);
const SESSION: ReadonlySet<TaskObstacle | undefined> = new Set(['unsent', 'no-credit']);

export class TaskAnswers {
  readonly #params: WhyParams;

  constructor(params: WhyParams) {
    this.#params = params;
  }

  /** Of any number. The cost grows with the tasks, or the untaken fates, before it. */
  answer(number: number, now: number): TaskWhy {
    const { jar } = this.#params;
    const task = jar.find(number);
    return task === undefined ? this.#notLive(number) : this.#live(task, now);
  }

  #live(task: Task, now: number): TaskWhy {
    const end = this.#params.findEnd();
    if (end !== undefined) {
      const state = task.state as TaskWhyTable['master-ended']['state'];
      return answer(task, 'master-ended', state, { error: `${end.name}: ${end.message}` });
    }
    switch (task.state) {
      case 'blocked':
        return answer(task, 'needs-values', 'blocked', this.#needsOf(task));
      case 'queued':
        return this.#blocked(task, 'queued', now) ?? this.#queued(task, now);
      case 'waiting':
        return this.#backingOff(task, now);
      case 'running':
        return this.#blocked(task, 'running', now) ?? answerAtSlave(task, now);
      case 'stored':
        return answer(task, 'checkpoint-order', 'stored', { held: this.#params.checkpoint?.numHeld ?? 0 });
      case 'settled':
        return this.#notLive(task.number);
      default:
        return task.state satisfies never;
    }
  }

  #blocked(task: Task, state: 'queued' | 'running', now: number): TaskWhy | undefined {
    const blockedMs = this.#params.findBlock(now);
    if (blockedMs === undefined) return undefined;
    return answer(task, 'master-blocked', state, { blockedSeconds: blockedMs / 1_000 });
  }

  // ---- tasks on the master

  /** Values that are there already are not listed. */
  #needsOf({ dependencies = [] }: Task): TaskWhyTable['needs-values']['facts'] {
    const open = dependencies.filter(({ outcome }) => outcome === undefined || 'error' in outcome);
    const listed = open.length === 0 ? dependencies : open;
    return {
      needs: listed.slice(0, MOST_NEEDS).map((future) => this.#need(future)),
      more: Math.max(0, listed.length - MOST_NEEDS),
    };
  }

  #need(future: TaskFuture): NeededTask {
    const { taskId, outcome } = future;
    if (outcome !== undefined) return { taskId, state: 'error' in outcome ? 'failed' : 'fulfilled' };
    const task = taskId && this.#params.jar.find(Number(taskId.slice('TASK-'.length)));
    if (!task || task.future !== future)
      return { taskId, state: this.#isWithheld(taskId) ? 'ended' : 'elsewhere' };
    return { taskId, state: task.state as TaskWhyState };
  }

  /** Its fate waits for the checkpoint. */
  #isWithheld(taskId: string | undefined): boolean {
    const number = Number(taskId?.slice('TASK-'.length));
    return this.#params.checkpoint?.findWaiting(number) !== undefined;
  }

  #queued(task: Task, now: number): TaskWhy {
    return (
      this.#staged(task) ?? this.#withoutSlaves(task) ?? this.#held(task, now) ?? this.#amongSlaves(task, now)
    );
  }

  #staged(task: Task): TaskWhy | undefined {
    const { shares } = task;
    if (shares === undefined) return undefined;
    for (const [{ sid }, tasks] of this.#params.jar.staged) {
      if (!tasks.includes(task)) continue;
      const bytes = shares.reduce((sum, share) => sum + share.bytes, 0);
      return answer(task, 'shared-values', 'queued', { sid, values: shares.length, bytes });
    }
    return undefined;
  }

  #withoutSlaves(task: Task): TaskWhy | undefined {
    if (task.addressee !== undefined) return undefined;
    const slaves = [...this.#params.roster];
    const working = slaves.filter(({ isWorking }) => isWorking);
    if (working.some(({ takesUnordered }) => takesUnordered)) return undefined;
    const joining = slaves.filter(({ machine }) => machine.state === 'connecting').length;
    const machines = this.#params.machines();
    if (working.length === 0) return answer(task, 'no-slaves', 'queued', { joining, ...foremost(machines) });
    const draining = working.filter((slave) => this.#params.isRetiring(slave)).length;
    const onTrial = working.filter((slave) => this.#params.isOnTrial(slave)).length;
    const drafted = working.filter(({ draftedFor }) => draftedFor !== undefined).length;
    const moving = Math.max(0, drafted - draining - onTrial);
    const ordered = working.length - moving - draining - onTrial;
    const unready = foremost(machines.filter(({ state }) => state !== 'ready'));
    return answer(task, 'other-groups', 'queued', { ordered, moving, draining, onTrial, ...unready });
  }

  /** By a limit of the master, whatever slaves there are. */
  #held(task: Task, now: number): TaskWhy | undefined {
    const { checkpoint, findHold, jar } = this.#params;
    const hold = task.addressee === undefined && !task.suspect ? findHold(task) : undefined;
    if (hold !== undefined) return answer(task, 'untaken-fates', 'queued', hold);
    if (checkpoint?.isFull) return answer(task, 'checkpoint-full', 'queued', checkpoint.load);
    const { queue } = task.policy;
    const state = queue && jar.queues.find(queue);
    if (state === undefined || !isStrict(state.queue)) return undefined;
    const { name, limit = Number.POSITIVE_INFINITY, perSecond = 0 } = state.queue;
    if (state.running >= limit)
      return answer(task, 'queue-limit', 'queued', { queue: name, limit, atSlaves: state.running });
    const { window } = state;
    if (!window?.isFull || window.freeAt <= now) return undefined;
    const againInSeconds = (window.freeAt - now) / 1_000;
    return answer(task, 'queue-rate', 'queued', { queue: name, perSecond, againInSeconds });
  }

  #amongSlaves(task: Task, now: number): TaskWhy {
    const { jar, roster, dispatcher } = this.#params;
    const candidates = candidatesOf(task, roster, { jar, dispatcher });
    const occupied = occupiedSlaves(task, candidates, jar, now);
    if (candidates.some(({ obstacle }) => obstacle === undefined)) {
      const { before } = occupied;
      const ahead = task.addressee?.mailbox.broadcast;
      if (ahead === undefined || ahead === task) return answer(task, 'next', 'queued', { before });
    }
    const broadcast = broadcastBefore(task, candidates);
    if (broadcast !== undefined) {
      const { id: taskId, algorithm } = broadcast;
      const line = { taskId, algorithm: algorithm.definition.name };
      return answer(task, 'behind-broadcast', 'queued', { ...occupied, broadcast: line });
    }
    if (task.suspect) {
      return answer(task, 'runs-alone', 'queued', { ...occupied, reserved: dispatcher.reserved?.sid });
    }
    const obstacles = candidates.map(({ obstacle }) => obstacle);
    const because = worthOf(obstacles);
    const { queue } = task.policy;
    if (queue === undefined || because !== 'slaves-busy') return answer(task, because, 'queued', occupied);
    const { name, weight } = queue;
    const others = jar.queues.ready - (jar.queues.find(queue)?.isReady ? 1 : 0);
    return answer(task, 'queue-turn', 'queued', { ...occupied, queue: name, weight, otherQueues: others });
  }

  #backingOff(task: Task, now: number): TaskWhy {
    const { jar, wallClock } = this.#params;
    const waitMs = Math.max(0, (jar.dueAtOf(task) ?? now) - now);
    const until = wallClock && Math.round(wallClock() + waitMs);
    const { failures } = task;
    return answer(task, 'backing-off', 'waiting', { againInSeconds: waitMs / 1_000, until, failures });
  }

  // ---- tasks with a fate, and ids without a task

  #notLive(number: number): TaskWhy {
    const { jar, fates, checkpoint } = this.#params;
    const waiting = checkpoint?.findWaiting(number);
    if (waiting !== undefined) {
      const { fate, isCommitted } = waiting;
      const held = checkpoint?.numHeld ?? 0;
      if (!isCommitted) return ended(fate, 'uncommitted', endedFacts(fate));
      return ended(fate, 'behind-stored-results', { ...endedFacts(fate), held });
    }
    const untaken = fates.findUntaken(number);
    if (untaken !== undefined) return ended(untaken, 'untaken', endedFacts(untaken));
    const taskId = `TASK-${number}` as const;
    const taken = this.#params.findEnded(number);
    if (taken !== undefined) {
      const { algorithm, runs, facts, at } = taken;
      return { taskId, algorithm, runs, state: 'ended', because: 'taken', facts: { ...facts, at } };
    }
    const known = { taskId, algorithm: undefined, state: 'unknown', runs: [] } as const;
    if (number < jar.numbersGiven) return { ...known, because: 'forgotten', facts: {} };
    return { ...known, because: 'never-submitted', facts: { next: `TASK-${jar.numbersGiven}` } };
  }
}

/** Those that somebody should look at come first. */
const BY_URGENCY: readonly AwaitedMachine['state'][] = [
  'given-up',
  'failing',
  'validating',
  'starting',
  'unknown',
  'ready',
  'draining',
];

function foremost(all: readonly AwaitedMachine[]): AwaitedMachines {
  const rank = ({ state }: AwaitedMachine): number => BY_URGENCY.indexOf(state);
  const machines = [...all]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST_MACHINES)
    .map((machine) => ({ ...machine, reason: machine.reason?.slice(0, MOST_REASON) }));
  return { machines, moreMachines: all.length - machines.length };
}

function ended<B extends 'uncommitted' | 'behind-stored-results' | 'untaken'>(
  fate: TaskFate,
  because: B,
  facts: TaskWhyTable[B]['facts'],
): TaskWhy {
  const { taskId, algorithm } = fate;
  return { taskId, algorithm, state: 'ended', because, facts, runs: allRuns(fate) } as TaskWhy;
}

/** The broadcast that every slave runs before the task; undefined if one of them owes none. */
function broadcastBefore(task: Task, candidates: readonly Candidate[]): Task | undefined {
  let first: Task | undefined;
  for (const { slave } of candidates) {
    const broadcast = slave.hasMail ? slave.mailbox.broadcast : undefined;
    if (broadcast === undefined || broadcast === task) return undefined;
    first ??= broadcast;
  }
  return first;
}

/** The best that can be hoped for: of several slaves, the one that is only busy has room first. */
function worthOf(
  obstacles: readonly (TaskObstacle | undefined)[],
): 'slaves-busy' | 'no-credit' | 'slaves-suspected' | 'slaves-leaving' {
  if (obstacles.some((obstacle) => BUSY.has(obstacle))) return 'slaves-busy';
  if (obstacles.some((obstacle) => SESSION.has(obstacle))) return 'no-credit';
  return obstacles.includes('suspected') ? 'slaves-suspected' : 'slaves-leaving';
}
