/** The messages between the master's main thread and the dashboard's: events and answers in, questions out. */

import type { MessagePort } from 'node:worker_threads';
import type { AuditEvent } from '../audit/events.js';
import type { DescribedTask } from '../audit/why/described-task.js';
import type { ListenerTls } from './listener/listener.js';

/** Set once, when the thread starts. */
export interface DashboardSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTls | undefined;
  readonly token: string;
  /** Tasks and slaves may be changed: see `ControlAction`. */
  readonly control: boolean;
  /** Arguments of tasks are shown, not only their sizes. */
  readonly showValues: boolean;
  readonly assets: DashboardAssets;
}

/** The page's own files. */
export interface DashboardAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

/** Numbers of the master's core and of its process, at one moment. */
export interface Figures {
  readonly queued: number;
  readonly running: number;
  readonly pending: number;
  readonly untaken: number;
  /** Items that `submitAll` has still to draw; undefined if a source does not know. */
  readonly undrawn: number | undefined;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface ProcessFigures {
  readonly memoryBytes: number;
  /** Processor time so far, of all threads. */
  readonly processorMs: number;
}

/** A task that a slave runs. */
export interface RunSeen {
  readonly taskId: string;
  readonly algorithm: string;
  readonly seconds: number;
}

/** A slave, as its master's core has it while somebody looks. */
export interface SlaveSeen {
  readonly sid: string;
  /** Tasks given to it that have no fate yet. */
  readonly tasks: number;
  /** It gets no new tasks, and leaves once it has run what it has begun. */
  readonly isDraining: boolean;
  readonly memoryBytes: number | undefined;
  /** Of one core, between its last two beats: 2 is two cores. Slaves of an earlier ts-mw do not say it. */
  readonly processorShare: number | undefined;
  /** Seconds since its last beat. */
  readonly beatSeconds: number | undefined;
  /** The first few of them. */
  readonly runs: readonly RunSeen[];
}

/** A thread of control of the program. */
export interface ThreadSeen {
  readonly id: string;
  /** Its place among the scopes. */
  readonly path: string;
  readonly state: string;
  readonly startedMs: number;
  /** Futures, calls and threads that it began and that have not ended. */
  readonly pending: number;
}

/** Errors of one kind that runs threw since the last delta. */
export interface ThrownSeen {
  readonly algorithm: string;
  /** The class and the message of the first one; undefined for those that nothing tells apart. */
  readonly message: string | undefined;
  /** The first line of the program's own code. */
  readonly frame: string | undefined;
  readonly count: number;
}

/** Columns of the frequent events of one slave, gathered: see `WORK`. */
export type WorkRows = Float64Array;

/** Places in a row of `WorkRows`. Times are in milliseconds. */
export const WORK = {
  slave: 0,
  sent: 1,
  results: 2,
  computed: 3,
  micros: 4,
  /** When its state changed first and last in this time; 0 if it did not. */
  firstMs: 5,
  lastMs: 6,
  /** How long it was busy between these. */
  busyMs: 7,
  /** 1 if it is busy after that, 0 if it idles. */
  busy: 8,
  /** Runs among the computed ones that failed. */
  failed: 9,
  columns: 10,
} as const;

/** The news since the last one. Bounded: see `DeltaGatherer`. */
export interface Delta {
  readonly type: 'delta';
  readonly atMs: number;
  readonly events: readonly AuditEvent[];
  readonly timesMs: readonly number[];
  readonly work: WorkRows;
  /** Events that there was no room for. */
  readonly dropped: number;
  readonly figures: Figures | undefined;
  readonly process: ProcessFigures;
  /** Of the slaves that somebody looks at. */
  readonly slaves: readonly SlaveSeen[];
  /** The errors of all runs, also of those of which no event tells; further kinds come with the next delta. */
  readonly thrown: readonly ThrownSeen[];
  /** The number of the program's threads of control. */
  readonly threadCount: number;
  /** The oldest of them, while somebody looks. */
  readonly threads: readonly ThreadSeen[];
}

export type FailureKind = 'threw' | 'run again' | 'unrunnable';

/** Failures of tasks that have the same cause, as far as can be told. */
export interface GroupName {
  readonly kind: FailureKind;
  /** Empty if no event has it. */
  readonly algorithm: string;
  readonly errorClass: string;
  /** The first line of the program's own code; empty if there is none. */
  readonly frame: string;
}

export type ControlAction =
  | { readonly do: 'cancel'; readonly taskId: string; readonly kill: boolean }
  /** The failed tasks of a group become new ones. */
  | { readonly do: 'resubmit'; readonly group: GroupName }
  | { readonly do: 'add-slave' }
  | { readonly do: 'drain-slave'; readonly sid: string }
  | { readonly do: 'stop-slave'; readonly sid: string };

export interface TaskQuery {
  /** A state, or empty for all without a fate; `ended` for the last ones with one. */
  readonly state: string;
  /** A part of an id, an algorithm's name or a tag. */
  readonly text: string;
}

export type Question =
  | { readonly kind: 'why'; readonly id: string }
  | { readonly kind: 'tasks'; readonly query: TaskQuery }
  /** The lines that a slave printed last. */
  | { readonly kind: 'output'; readonly sid: string }
  | { readonly kind: 'metrics'; readonly format: 'prometheus' | 'openmetrics' }
  | { readonly kind: 'control'; readonly action: ControlAction };

/** A task that was found; one that has ended has no values, and its status as state. */
export interface TaskSeen extends DescribedTask {
  /** Its arguments as JSON, cut; undefined unless values are shown. */
  readonly values: string | undefined;
}

export interface TasksFound {
  readonly tasks: readonly TaskSeen[];
  /** Tasks that were not looked at, or did not fit. */
  readonly more: number;
}

export interface WhyFound {
  /** A sentence, then facts. */
  readonly lines: readonly string[];
  readonly task: TaskSeen | undefined;
}

/** A line that a slave printed. */
export interface LineSeen {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly atMs: number;
}

export interface OutputSeen {
  /** The oldest first; at most fifty. */
  readonly lines: readonly LineSeen[];
  /** Lines that are not among them. */
  readonly leftOut: number;
  /** Says whose they are, or why there are none. */
  readonly note: string;
}

export interface AnswerTable {
  readonly why: WhyFound;
  readonly tasks: TasksFound;
  readonly output: OutputSeen;
  readonly metrics: string;
  /** The change that was made, in words. */
  readonly control: string;
}

/** Data that is gathered only while somebody looks at it. */
export interface Looks {
  readonly atSlaves: boolean;
  readonly atThreads: boolean;
}

/** Requests that were refused for one reason, within a second; the first came from there. */
export interface Refusal {
  readonly address: string;
  readonly count: number;
  readonly reason: string;
}

export type ToDashboard =
  | Delta
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  /** The question cannot be answered; the text says why, and what to do. */
  | { readonly type: 'refusal'; readonly id: number; readonly reason: string }
  /** The master has started; profiles are asked for there, without main. */
  | { readonly type: 'profiles'; readonly port: MessagePort }
  /** The master has ended. */
  | { readonly type: 'end' };

export type FromDashboard =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'cannot-listen'; readonly reason: string }
  /** Deltas come more often, and have slaves, while somebody looks. */
  | { readonly type: 'looking'; readonly viewers: number; readonly looks: Looks }
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  | { readonly type: 'refused'; readonly refusals: readonly Refusal[] }
  /** Somebody there has asked for a profile, which is under way. */
  | {
      readonly type: 'profile-ordered';
      readonly address: string;
      readonly process: string;
      readonly seconds: number;
    };
