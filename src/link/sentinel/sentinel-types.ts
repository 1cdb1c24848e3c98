/** The settings of a sentinel's core, and the effects that it needs. */

import type { SentinelEvent } from '../ports.js';
import type { ProfileGiver } from '../profile/profile-giver.js';
import type { ProfileTaker } from '../profile/profile-taker.js';
import type { Positions } from '../shared/peer-counters.js';
import type { RunLimit } from '../shared/run-limit.js';
import type { SharedCells } from '../shared/shared-state.js';

/** The memory that a slave's sentinel shares with its main. */
export interface ClaimsPort {
  takeBack(generation: number, from: number, to: number): number;
  cancel(generation: number, index: number): 'waiting' | 'running' | 'gone';
  isRunning(generation: number, index: number): boolean;
  condemn(generation: number, index: number): boolean;
}

export interface SlaveActivity {
  readonly running: number;
  readonly runningMs: number;
  readonly begun: number;
  readonly memoryBytes: number;
  /** Of one core, since the last beat; undefined before there was time to see it. */
  readonly processorPercent?: number | undefined;
}

interface CommonOptions {
  readonly memberId: string;
  readonly clientTimeoutMs: number;
  readonly broker: 'embedded' | 'external';
  /** The counters that main has written for a peer; undefined once it has released the slot. */
  readonly counters: (slot: number) => Positions | undefined;
  /** The server of the sentinel's own connection, once known. */
  readonly server?: (() => string | undefined) | undefined;
  /** Undefined if the program has none. */
  readonly cells?: SharedCells | undefined;
}

export interface MasterSentinelOptions extends CommonOptions {
  readonly role: 'master';
  readonly run: string;
  /** Undefined where nobody asks for profiles. */
  readonly profiles?: ProfileTaker | undefined;
}

export interface SlaveSentinelOptions extends CommonOptions {
  readonly role: 'slave';
  readonly claims: ClaimsPort;
  readonly activity: () => SlaveActivity;
  /** The run that must end; undefined if the process does not belong to the sentinel. */
  readonly limit?: Pick<RunLimit, 'current' | 'condemn'> | undefined;
  /** Undefined where there is no main to take one of. */
  readonly profiles?: ProfileGiver | undefined;
}

export type SentinelCoreOptions = MasterSentinelOptions | SlaveSentinelOptions;

export interface Publish {
  readonly subject: string;
  readonly text: string;
  /** Our own control subject for this peer: a 503 on it means that the peer has vanished. */
  readonly reply?: string | undefined;
}

export interface SentinelOutput {
  readonly publishes: readonly Publish[];
  readonly events: readonly SentinelEvent[];
  /**
   * Ends the process, since main does not: the evidence that its master is gone, or the task that does not
   * stop.
   */
  readonly kill?: string | undefined;
}
