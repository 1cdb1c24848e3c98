/** The effects that a slave's core needs, and its settings. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { UsageError } from '../../errors.js';
import type { CellOffer, CellValue, Hello, Welcome } from '../../wire/messages/messages.js';
import type { Session } from '../../wire/session/session.js';
import type { CopyReader, ShareFiles } from '../shares/shared-entry.js';
import type { GivenTask } from './given-task.js';
import type { RunTracer } from './run-trace.js';

export interface SlavePorts {
  /** A data frame to the master, on the way of the session; false if that takes none now. */
  readonly send: (frame: Buffer) => boolean;
  readonly sendHello: (hello: Hello) => void;
  /** A fresh nonce: 32 hex digits. */
  readonly nonce: () => string;
  /** Subscribes to this nonce's subjects for a new session; `joinable` follows when that is done. */
  readonly listen: (nonce: string) => void;
  /** A session has begun: makes the sentinel send beats and judge. Returns the generation of its claims. */
  readonly watch: (session: Session, welcome: Welcome) => number;
  /** The data port does not carry frames, though it stands: `losePort` follows. */
  readonly leavePort?: () => void;
  /** A task has arrived; false if it was taken back before. */
  readonly offer: (index: number) => boolean;
  /** A task wants to begin; false if it was taken back. */
  readonly claim: (index: number) => boolean;
  /** A task has ended. */
  readonly release: (index: number) => void;
  /** A task with a time limit begins. */
  readonly startClock: (task: GivenTask) => void;
  /** A running task must end within this time; its signal has aborted. */
  readonly kill: (task: GivenTask, afterMs: number) => void;
  /** A timed task has ended; true if its time was over. */
  readonly stopClock: (task: GivenTask) => boolean;
  /** Running tasks have another place, in another session. */
  readonly renumbered: () => void;
  /** The offers of tasks to cells since it was last called; undefined if there are none. */
  readonly takeOffers?: (() => readonly CellOffer[] | undefined) | undefined;
  /** The program has set cells, before it submitted the tasks that come next. */
  readonly setCells?: ((values: readonly CellValue[]) => void) | undefined;
  /** The positions of the session have changed. */
  readonly positions: (session: Session) => void;
  /** Something may have to be done again later: `tick` should be called within 100 ms. */
  readonly wantTick?: () => void;
  /** Tasks arrived, or the state changed. */
  readonly news: () => void;
  /** Where shared files are kept; without it, tasks that need one fail. */
  readonly files?: ShareFiles | undefined;
  /** Reads copies of shared values; `flush` must follow when one has ended. Without it, these come in pieces. */
  readonly readCopy?: CopyReader | undefined;
  /** The master no longer wants this running task. */
  readonly abort: (task: GivenTask) => void;
}

export const NO_FILES: ShareFiles = {
  write: () => {
    throw new UsageError('this slave keeps no files');
  },
  remove: () => {},
};

/** Bytes of shared values that a slave keeps. */
export const DEFAULT_SHARE_CACHE = 512 * 1024 * 1024;

export interface SlaveCoreOptions {
  readonly memberId: string;
  /** The run that the slave belongs to, if it knows. */
  readonly run: string | undefined;
  readonly host: string;
  readonly pid: number;
  readonly algorithms: readonly AlgorithmDefinition[];
  /** The number of unordered tasks that run at once; 1 by default. */
  readonly concurrency?: number | undefined;
  /** Bytes of shared values that it keeps; 512 MB by default. */
  readonly shareCache?: number | undefined;
  /** Without it, the trace contexts of tasks mean nothing. */
  readonly tracer?: RunTracer | undefined;
  readonly audit: AuditSink;
  readonly ports: SlavePorts;
}

/** The reason why a slave's work has ended. */
export type SlaveCoreEnd =
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'master-lost'; readonly evidence: string }
  | { readonly kind: 'refused'; readonly reason: string };
