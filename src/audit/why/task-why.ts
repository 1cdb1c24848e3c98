/**
 * Owns the answers to "why is this task where it is?": every reason, the state of a task for which it can be the reason,
 * and the facts behind it. The core of a master and a trail give these answers; say-why.ts says them.
 */

import type { TaskObstacle } from './slave-obstacle.js';

/**
 * Where a task is:
 *
 * - `blocked`: its arguments need the values of futures.
 * - `queued`: it waits on the master, and could run.
 * - `waiting`: it waits on the master until its backoff is over.
 * - `running`: a slave has it.
 * - `stored`: its result is in the checkpoint, from an earlier master, and comes in its turn.
 * - `ended`: it has its fate.
 * - `unknown`: that cannot be told.
 */
export type TaskWhyState = 'blocked' | 'queued' | 'waiting' | 'running' | 'stored' | 'ended' | 'unknown';

/** A task that a slave has. */
export interface TaskAtSlave {
  /** Its id. */
  readonly taskId: string;
  /** The name of its algorithm. */
  readonly algorithm: string;
  /** Seconds since it was given to the slave; when it began there is not known to the master. */
  readonly givenSeconds: number;
}

/** A slave that could run a task, and why it gets none now. */
export interface OccupiedSlave {
  /** Its id. */
  readonly sid: string;
  /** The reason. */
  readonly obstacle: TaskObstacle;
  /** The tasks that it runs, as far as its master knows; at most ten. */
  readonly runs: readonly TaskAtSlave[];
  /** Tasks that it has and has not begun. */
  readonly waiting: number;
  /** Why it is suspected, if it is. */
  readonly evidence?: string | undefined;
}

/** The slaves that could run a task, at most ten of them. */
export interface OccupiedSlaves {
  /** Those that have no room for it. */
  readonly slaves: readonly OccupiedSlave[];
  /** Further ones, which are not listed. */
  readonly more: number;
  /** The only slave that may run it: it is an ordered task, or a run of a broadcast. */
  readonly only?: string | undefined;
  /** Tasks before it where it waits, cancelled ones too; undefined if they are more than 100,000, or it was set aside. */
  readonly before: number | undefined;
}

/** A future whose value a task needs. */
export interface NeededTask {
  /** Undefined before its task was submitted. */
  readonly taskId: string | undefined;
  /** `elsewhere`: it is of another master. */
  readonly state: TaskWhyState | 'fulfilled' | 'failed' | 'elsewhere';
}

/** A machine of the farm that may have slaves and has none for a task. */
export interface AwaitedMachine {
  /** As `machines()` has it. */
  readonly name: string;
  /** As that of `machines()`. */
  readonly state: 'unknown' | 'starting' | 'validating' | 'ready' | 'failing' | 'given-up' | 'draining';
  /** Why it failed last, if it has not been ready since. */
  readonly reason: string | undefined;
  /** The time until it is tried again, if it is `failing`. */
  readonly againInSeconds: number | undefined;
  /** Its slave processes, those that are started again included. */
  readonly processes: number;
}

/** Such machines, those that fail first; at most ten. */
export interface AwaitedMachines {
  /** The machines. */
  readonly machines: readonly AwaitedMachine[];
  /** Further ones, which are not listed. */
  readonly moreMachines: number;
}

/** A run of a task that has ended. */
export interface EndedRun {
  /** Its slave; undefined if it is not known, as in a trail of a run that returned. */
  readonly sid: string | undefined;
  /** Which run of the task it was, from 1; undefined if a trail does not say so. */
  readonly attempt: number | undefined;
  /** Seconds that it took; undefined if its slave could not say so any more, or a trail has no `--audit-runs`. */
  readonly seconds: number | undefined;
  /** How it ended, such as `it returned` or `silent for 30.1 s`. */
  readonly ended: string;
  /** It most likely never began: see `FailedAttempt`. */
  readonly doubtful: boolean;
  /** When its end was noticed, in Unix milliseconds, if that is known. */
  readonly at: number | undefined;
}

/** The fate of a task. */
export interface EndedFacts {
  /** As that of the fate. */
  readonly status: 'ok' | 'error' | 'unrunnable';
  /** Why it is unrunnable. */
  readonly reason?: string | undefined;
  /** The name and the message of its error, at most 1,000 characters. */
  readonly error?: string | undefined;
}

/** A line of a trail that names a task. */
export interface ToldEvent {
  /** Unix milliseconds. */
  readonly at: number;
  /** The line of the trail's text form, without its time. */
  readonly text: string;
}

/** A task as a trail shows it. */
export interface TaskStory {
  /** When its submission was told, which is up to a second later, in Unix milliseconds; undefined if the line is missing. */
  readonly submittedAt: number | undefined;
  /** The lines that name it alone, at most 100: the first ones, and the last. */
  readonly told: readonly ToldEvent[];
  /** Lines that were left out between them. */
  readonly leftOut: number;
  /** When the trail of its master ends, in Unix milliseconds. */
  readonly trailEndsAt: number;
  /** Whether its master ended as it should; false if it was killed, or still runs. */
  readonly isFinished: boolean;
  /** The signal or error that stopped its master, if one did. */
  readonly signal: string | undefined;
  /** Which master of the trail it belongs to, from 1. */
  readonly master: number;
  /** The number of masters in the trail. */
  readonly masters: number;
}

/** Every reason, with the states in which it is given and its facts. Reasons are added, never renamed. */
export interface TaskWhyTable {
  /** It needs the values of tasks; at most 20 that have none yet are listed. */
  'needs-values': { state: 'blocked'; facts: { needs: readonly NeededTask[]; more: number } };
  /** The master has ended: nothing is given out any more. */
  'master-ended': { state: Exclude<TaskWhyState, 'ended' | 'unknown'>; facts: { error: string } };
  /** The master's main thread has not turned its event loop: nothing goes out, and nothing is read. */
  'master-blocked': { state: 'queued' | 'running'; facts: { blockedSeconds: number } };
  /** No slave is there; `joining` have said hello. `machines` are those of the master that could have some. */
  'no-slaves': { state: 'queued'; facts: AwaitedMachines & { joining: number } };
  /**
   * All slaves are `ordered` ones, which run only their own tasks, or move to such a group, or drain, or are on trial for
   * their machine, which is not valid yet. `machines` are those that are not ready.
   */
  'other-groups': {
    state: 'queued';
    facts: AwaitedMachines & { ordered: number; moving: number; draining: number; onTrial: number };
  };
  /** The program leaves the fates of this algorithm untaken: at a limit, its tasks wait until half are taken. */
  'untaken-fates': {
    state: 'queued';
    facts: { untaken: number; mostUntaken: number; bytes: number; mostBytes: number };
  };
  /** Results wait for the checkpoint's disk, or for their turn: at a limit, all tasks wait. */
  'checkpoint-full': {
    state: 'queued';
    facts: { waiting: number; mostWaiting: number; bytes: number; mostBytes: number };
  };
  /** Its queue has as many tasks at slaves as its limit allows. */
  'queue-limit': { state: 'queued'; facts: { queue: string; limit: number; atSlaves: number } };
  /** As many tasks of its queue began lately as its rate allows. */
  'queue-rate': { state: 'queued'; facts: { queue: string; perSecond: number; againInSeconds: number } };
  /** Its slave fetches the shared values that it needs, `bytes` in all, and runs others meanwhile. */
  'shared-values': { state: 'queued'; facts: { sid: string; values: number; bytes: number } };
  /** It comes when slaves are free and it is its queue's turn. */
  'queue-turn': {
    state: 'queued';
    facts: OccupiedSlaves & { queue: string; weight: number; otherQueues: number };
  };
  /** It may have ended a slave, so it waits for one that runs nothing; `reserved` is kept free for such a task. */
  'runs-alone': { state: 'queued'; facts: OccupiedSlaves & { reserved: string | undefined } };
  /** Its slave, or each slave that could run it, first runs a broadcast that it owes. */
  'behind-broadcast': { state: 'queued'; facts: OccupiedSlaves & { broadcast: TaskInLine } };
  /** All slaves that could run it have enough to do. */
  'slaves-busy': { state: 'queued'; facts: OccupiedSlaves };
  /** They are not heard, and get nothing until they are, or are lost. */
  'slaves-suspected': { state: 'queued'; facts: OccupiedSlaves };
  /** Their sessions take nothing now: the link or the slaves have not taken what was sent before. */
  'no-credit': { state: 'queued'; facts: OccupiedSlaves };
  /** They have said goodbye, or are ended for a task. */
  'slaves-leaving': { state: 'queued'; facts: OccupiedSlaves };
  /** Nothing holds it: it is given out in its turn, with the next dispatch. */
  next: { state: 'queued'; facts: { before: number | undefined } };
  /** Its last run failed, and its policy wants a wait. `until` is in Unix milliseconds. */
  'backing-off': {
    state: 'waiting';
    facts: { againInSeconds: number; until: number | undefined; failures: number };
  };
  /** A slave runs it. `expectedSeconds` is the average of its algorithm. */
  running: { state: 'running'; facts: AtSlave & { expectedSeconds: number | undefined } };
  /** A slave has it, after other tasks that it runs first; at most ten are listed. */
  'behind-at-slave': {
    state: 'running';
    facts: AtSlave & { before: number; runs: readonly TaskAtSlave[] };
  };
  /** It was given to a slave, and has not left the master: the session takes nothing now. */
  'not-sent': { state: 'running'; facts: AtSlave & { waitingBytes: number; spareCredit: number } };
  /** The slave that has it is not heard. */
  'at-suspected-slave': { state: 'running'; facts: AtSlave & { evidence: string } };
  /** It has ended there, by the slave's last beat, and the result is on its way. */
  'result-under-way': { state: 'running'; facts: AtSlave };
  /** A run of it has ended, and the next step is just being decided. */
  deciding: { state: 'running'; facts: object };
  /** Stored results come in the order in which they were stored; `held` of them wait. */
  'checkpoint-order': { state: 'stored'; facts: { held: number } };
  /** It has its fate, which waits until it is on the checkpoint's disk. */
  uncommitted: { state: 'ended'; facts: EndedFacts };
  /** It has its fate, which comes after stored results of an earlier master. */
  'behind-stored-results': { state: 'ended'; facts: EndedFacts & { held: number } };
  /** It has its fate, and the program has not taken it. */
  untaken: { state: 'ended'; facts: EndedFacts };
  /** It has its fate, as its trail says. `at` is when that was told, in Unix milliseconds. */
  settled: {
    state: 'ended';
    facts: EndedFacts &
      TaskStory & { at: number; leastSeconds: number | undefined; mostSeconds: number | undefined };
  };
  /** It has its fate, which the program has taken, `at` that time, in Unix milliseconds; the last 10,000 with a dashboard. */
  taken: { state: 'ended'; facts: EndedFacts & { at: number } };
  /** It has its fate, which the program has taken: a master without a dashboard remembers fates only until then. */
  forgotten: { state: 'unknown'; facts: object };
  /** No task has this number yet; `next` is the id of the next one. */
  'never-submitted': { state: 'unknown'; facts: { next: string | undefined } };
  /**
   * It had no fate when the trail ended, and no line says where it was then. `slaves` were there, `unordered` of them
   * for any task, `computing` with tasks.
   */
  'trail-ends': {
    state: 'unknown';
    facts: TaskStory & { slaves: number; unordered: number; computing: number };
  };
}

/** Where a running task is. */
export interface AtSlave {
  /** The slave. */
  readonly sid: string;
  /** Its machine. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
  /** Which run of the task it is, from 1. */
  readonly attempt: number;
  /** Seconds since it was given to the slave. */
  readonly givenSeconds: number;
  /** Slaves that run it too; the first result counts. */
  readonly alsoOn: readonly string[];
}

/** A task that another one waits for. */
export interface TaskInLine {
  /** Its id. */
  readonly taskId: string;
  /** The name of its algorithm. */
  readonly algorithm: string;
}

/** The reason, such as `no-slaves`: the keys of the table. */
export type TaskBecause = keyof TaskWhyTable;

/** The answer with one reason. */
export type TaskWhyOf<B extends TaskBecause> = {
  readonly taskId: string;
  /** Undefined if it is not known any more. */
  readonly algorithm: string | undefined;
  readonly because: B;
  /** Its runs that have ended, oldest first: at most the last 100. */
  readonly runs: readonly EndedRun[];
} & Readonly<TaskWhyTable[B]>;

/** Why a task is where it is: `state`, `because` and `facts`, told apart by `because`. */
export type TaskWhy = { [B in TaskBecause]: TaskWhyOf<B> }[TaskBecause];
