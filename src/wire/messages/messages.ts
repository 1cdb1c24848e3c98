/** The protocol on one screen: the JSON messages of the data plane and the control plane. */

/** Increase it when either side could misread the other; hellos of another version are refused. */
export const PROTOCOL_VERSION = 5;

/** The interval at which each sentinel says that its process is alive. */
export const BEAT_INTERVAL_MS = 1_000;

/** The limit of tasks that a slave runs at once. */
export const MOST_CONCURRENCY = 1_000;

/** The limit of bytes that all senders together may have under way to one receiving connection. */
export const CREDIT_BYTES = 1024 * 1024;

/** The largest frame: a message above it travels in chunks of this size. */
export const CHUNK_BYTES = 256 * 1024;

/** Characters of an error that the history of a task and the audit trail keep. */
export const MOST_EVIDENCE = 200;

/**
 * The number of results that a slave may keep unwritten, and for how long, while its tasks take less than
 * that.
 */
export const HELD_RESULTS = 32;
export const HELD_SECONDS = 0.001;

/** Identifies a session: the run of the master, the slave's nonce, its sid. */
export interface Epoch {
  /** 16 hex digits. */
  readonly run: string;
  /** 32 hex digits, chosen by the slave for each session. */
  readonly nonce: string;
  readonly sid: number;
}

// ---- data plane, before and after a session -----------------------------------------------------

export interface Hello {
  readonly type: 'hello';
  readonly protocol: number;
  readonly nonce: string;
  readonly memberId: string;
  /** The run that the slave belongs to, if it knows: from a resource file or an earlier session. */
  readonly run?: string | undefined;
  readonly algorithms: readonly (readonly [name: string, fingerprint: string])[];
  readonly host: string;
  readonly pid: number;
  /** The sid of the session that this one follows. */
  readonly previous?: number | undefined;
  /**
   * The nonce of that session, which is secret: it proves that the statements about that session come from
   * its slave.
   */
  readonly previousNonce?: string | undefined;
  /** The number of tasks of that session that were begun there or skipped: those after them never begin. */
  readonly begun?: number | undefined;
  /** Runs of earlier sessions that continue: they are the first tasks of this session, in this order. */
  readonly runs?: readonly OngoingRun[] | undefined;
  /** The number of unordered tasks that it runs at once, 1 to 1000; 1 by default. */
  readonly concurrency?: number | undefined;
}

/** The identity with which it was given: the sid of the session, the task's number, the attempt. */
export type OngoingRun = readonly [sid: number, number: number, attempt: number];

/** A way for the frames of one session beside the broker, at the host of the broker. */
export interface OfferedPort {
  readonly port: number;
  /** Any client that presents it speaks as this session's slave. */
  readonly secret: string;
  /** By TLS, as the broker. */
  readonly encrypted: boolean;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly run: string;
  readonly nonce: string;
  readonly sid: number;
  readonly resultGroup: number | 'auto';
  /** Names of the master's algorithms; tasks name them by index. */
  readonly algorithms: readonly string[];
  readonly broker: 'embedded' | 'external';
  /** Bytes that the slave may send before it gets more credit. */
  readonly limit: number;
  readonly clientTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly dataPort?: OfferedPort | undefined;
  /** The cells that were ever set or offered to; undefined if there are none. */
  readonly cells?: readonly CellValue[] | undefined;
}

/** The value of a cell as text, at most 4 KB; of two values of one cell, that of the higher version is newer. */
export type CellValue = readonly [name: string, version: number, text: string];

/** The offers of a slave to a cell, folded, as text; the serial counts the changes of that, in its process. */
export type CellOffer = readonly [name: string, serial: number, text: string];

export interface Reject {
  readonly type: 'reject';
  readonly nonce: string;
  readonly reason: string;
}

/** The named session has ended for the sender; say hello again. */
export interface Stale {
  readonly type: 'stale';
  readonly nonce: string;
}

export type HandshakeMessage = Hello | Welcome | Reject | Stale;

// ---- control plane, sentinel to sentinel --------------------------------------------------------

/**
 * Every second, both ways: the sender is alive, and the position of its data. Positions count frames, the
 * limit bytes.
 */
export interface Beat extends Epoch {
  readonly type: 'beat';
  /** Number of the last data frame handed to the broker. */
  readonly sent: number;
  /** Number of the last data frame received in order. */
  readonly received: number;
  /** Absolute byte position up to which the other side may send. */
  readonly limit: number;
  /**
   * From slaves: the session index of the task that has run longest, or -1; its time so far; memory in bytes.
   */
  readonly running?: number | undefined;
  readonly runningMs?: number | undefined;
  /** From slaves: no task of the session from this index on has begun. */
  readonly begun?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** From slaves: the share of one core that the process took since the last beat. Earlier ts-mw do not say it. */
  readonly processorPercent?: number | undefined;
  /** The id of the NATS server of the sentinel's connection. */
  readonly server?: string | undefined;
  /** From masters: milliseconds until the next beat, where that is not `BEAT_INTERVAL_MS`. */
  readonly restMs?: number | undefined;
}

export interface Probe extends Epoch {
  readonly type: 'probe';
}

/** The run of a cancelled task is ended with its process if it goes on for so long. */
export interface RunKill {
  /** The task's number, for messages. */
  readonly task: number;
  readonly afterMs: number;
}

/**
 * From master to slave; `bye` and `overdue` the other way. Repeated until acknowledged. `index` counts the
 * tasks of the session. `overdue`: that task did not stop in time, and the slave's process ends with it. A slave
 * of a version without `kill` only cancels the task.
 */
export type Command =
  | { readonly command: 'cancel'; readonly index: number; readonly kill?: RunKill | undefined }
  | { readonly command: 'recall'; readonly from: number; readonly to: number }
  | { readonly command: 'overdue'; readonly index: number }
  | { readonly command: 'shutdown' }
  | ({ readonly command: 'bye' } & Farewell);

/**
 * The statement of a departing slave about the tasks of its session, so that no other task counts as begun.
 */
export interface Farewell {
  /** Indexes of running tasks that will not end here, at most `MOST_CONCURRENCY`. */
  readonly running: readonly number[];
  /** No task from this index on has begun. */
  readonly begun: number;
  /** Number of its last data frame: when it has arrived, all results before the goodbye have. */
  readonly sent: number;
  /** The error that ends it, in one line of `MOST_EVIDENCE` characters; undefined if it leaves by itself. */
  readonly error?: string | undefined;
}

export interface CommandMessage extends Epoch {
  readonly type: 'command';
  /** Numbered by the sender within the session. */
  readonly id: number;
  readonly body: Command;
}

export interface Acknowledgement extends Epoch {
  readonly type: 'ack';
  readonly id: number;
  /** For a recall: the tasks from here to its end are taken back; equal to its end if there are none. */
  readonly from?: number | undefined;
  /** For a cancel: the state of the task. */
  readonly found?: 'waiting' | 'running' | 'gone' | undefined;
}

/**
 * From a master: cells whose newest values this slave has not confirmed, at most `CELLS_LENGTH` of text or one of them.
 * Each message makes the earlier ones obsolete, and is repeated until it is confirmed. Without values it only
 * acknowledges.
 */
export interface CellsMessage extends Epoch {
  readonly type: 'cells';
  /** Counts the session's messages with values, from 1; a repeated one keeps its number. */
  readonly id: number;
  /** The last message of offers that the values of this one and of earlier ones contain; 0 at first. */
  readonly taken: number;
  readonly values: readonly CellValue[];
}

/** From a slave: what its tasks have offered, folded for each cell, and what it has of the master. As `cells`. */
export interface OffersMessage extends Epoch {
  readonly type: 'offers';
  readonly id: number;
  /** The last message of cells whose values tasks see; 0 at first. */
  readonly seen: number;
  readonly offers: readonly CellOffer[];
}

/** Characters of text that one message of cells or offers has, unless it has one cell. */
export const CELLS_LENGTH = 32 * 1024;

/**
 * From a master: the slave must take a profile of its main, for `seconds`, or give piece `at` of the one that it has taken.
 * Repeated until it is answered, and asked again while the profile is not ready. A slave of a version without profiles does
 * not answer.
 */
export interface ProfileRequest extends Epoch {
  readonly type: 'profile';
  /** Counts the profiles that this session was asked for, upwards; the same for all pieces of one. */
  readonly id: number;
  /** 1 to `MOST_PROFILE_SECONDS`. */
  readonly seconds: number;
  readonly at: number;
}

/** From a slave. */
export interface ProfileAnswer extends Epoch {
  readonly type: 'profile-answer';
  readonly id: number;
  readonly state: 'running' | 'ready' | 'failed';
  readonly at: number;
  /** The number of its pieces, at most `MOST_PROFILE_PIECES`; 0 unless it is ready. */
  readonly of: number;
  /** That piece of a compressed .cpuprofile, in base64; or why there is none, at most `MOST_EVIDENCE` characters. */
  readonly text: string;
}

export const MOST_PROFILE_SECONDS = 30;

/** The bytes of a piece, before base64, and the number of pieces: 8 MB in all. */
export const PROFILE_PIECE_BYTES = 48 * 1024;
export const MOST_PROFILE_PIECES = 170;

export interface ControlStale {
  readonly type: 'stale';
  readonly nonce: string;
}

/** A starting master asks whether another master is there, and a live one answers. */
export interface MasterQuery {
  readonly type: 'master-query';
  readonly run: string;
  readonly established: boolean;
}

export interface MasterHere {
  readonly type: 'master-here';
  readonly run: string;
  readonly established: boolean;
}

export type ControlMessage =
  | Beat
  | Probe
  | CommandMessage
  | Acknowledgement
  | CellsMessage
  | OffersMessage
  | ProfileRequest
  | ProfileAnswer
  | ControlStale
  | MasterQuery
  | MasterHere;
