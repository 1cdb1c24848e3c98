/** A master that is watched: what the watch needs of it, and what it is told. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import type { Configuration } from '../flags/configuration.js';

export interface WatchParams {
  readonly configuration: Configuration;
  readonly trail: AuditTrail;
  /** The master is the program, neither part of another process nor driven from a prompt. */
  readonly isProgram: boolean;
  /** The program's notices have a closing line of their own. */
  readonly hasNotices: boolean;
}

/** The part of a master that has what no event says. */
export interface WatchedMaster {
  counters(): CoreCounters;
}

export interface MasterWatch {
  /** The master has started. */
  begin(master: WatchedMaster): void;
  /** It has ended. May be called twice, and without `begin`. */
  end(): Promise<void>;
}
