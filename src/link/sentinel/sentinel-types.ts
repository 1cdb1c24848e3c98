/** What a sentinel's core is given, and what it wants done. */

import type { SentinelEvent } from '../ports.js';
import type { Positions } from '../shared/peer-counters.js';
import type { RunLimit } from '../shared/run-limit.js';

/** What a slave's sentinel shares with its main. */
export interface ClaimsPort {
  takeBack(generation: number, from: number, to: number): number;
  cancel(generation: number, index: number): 'waiting' | 'running' | 'gone';
}

export interface SlaveActivity {
  readonly running: number;
  readonly runningMs: number;
  readonly begun: number;
  readonly memoryBytes: number;
}

interface CommonOptions {
  readonly memberId: string;
  readonly clientTimeoutMs: number;
  readonly broker: 'embedded' | 'external';
  /** What main has written for a peer; undefined once it has released the slot. */
  readonly counters: (slot: number) => Positions | undefined;
  /** The server that the sentinel's own connection leads to, once that is known. */
  readonly server?: (() => string | undefined) | undefined;
}

export interface MasterSentinelOptions extends CommonOptions {
  readonly role: 'master';
  readonly run: string;
}

export interface SlaveSentinelOptions extends CommonOptions {
  readonly role: 'slave';
  readonly claims: ClaimsPort;
  readonly activity: () => SlaveActivity;
  /** The run that must end; undefined where the process is not the sentinel's to end. */
  readonly limit?: Pick<RunLimit, 'current' | 'condemn'> | undefined;
}

export type SentinelCoreOptions = MasterSentinelOptions | SlaveSentinelOptions;

export interface Publish {
  readonly subject: string;
  readonly text: string;
  /** Our own control subject for this peer: its 503 says that the peer has vanished. */
  readonly reply?: string | undefined;
}

export interface SentinelOutput {
  readonly publishes: readonly Publish[];
  readonly events: readonly SentinelEvent[];
  /** End the process, main does not: the evidence that its master is gone, or what task does not stop. */
  readonly kill?: string | undefined;
}
