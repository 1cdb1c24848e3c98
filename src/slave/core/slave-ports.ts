/** What a slave's core needs done, and what it is made with. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { Hello, Welcome } from '../../wire/messages/messages.js';
import type { Session } from '../../wire/session/session.js';
import type { GivenTask } from './given-task.js';

export interface SlavePorts {
  /** A data frame to the master; false if the link takes none now. */
  readonly send: (frame: Buffer) => boolean;
  readonly sendHello: (hello: Hello) => void;
  /** A fresh nonce: 32 hex digits. */
  readonly nonce: () => string;
  /** Listen for a session to come on this nonce's subjects; `joinable` follows when all is heard. */
  readonly listen: (nonce: string) => void;
  /** A session has begun: have the sentinel beat and judge. Returns the generation of its claims. */
  readonly watch: (session: Session, welcome: Welcome) => number;
  /** A task has arrived; false if it was taken back before. */
  readonly offer: (index: number) => boolean;
  /** A task wants to begin; false if it was taken back. */
  readonly claim: (index: number) => boolean;
  /** A task has ended. */
  readonly release: (index: number) => void;
  /** A task with a time limit begins. */
  readonly startClock: (task: GivenTask) => void;
  /** It has ended; true if it was told that its time was up. */
  readonly stopClock: (task: GivenTask) => boolean;
  /** Tasks that run have another place, in another session. */
  readonly renumbered: () => void;
  /** The positions of the session have changed. */
  readonly positions: (session: Session) => void;
  /** Tasks came, or the state changed. */
  readonly news: () => void;
  /** The master does not want this running task any more. */
  readonly abort: (task: GivenTask) => void;
}

export interface SlaveCoreOptions {
  readonly memberId: string;
  /** The run that the slave belongs to, if it knows. */
  readonly run: string | undefined;
  readonly host: string;
  readonly pid: number;
  readonly algorithms: readonly AlgorithmDefinition[];
  /** How many unordered tasks run at once; 1. */
  readonly concurrency?: number | undefined;
  readonly audit: AuditSink;
  readonly ports: SlavePorts;
}

/** Why a slave's work is over. */
export type SlaveCoreEnd =
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'master-lost'; readonly evidence: string }
  | { readonly kind: 'refused'; readonly reason: string };
