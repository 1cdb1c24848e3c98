/** A master that is watched: what the watch needs of it, and what it is told. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import type { CoreCounters } from '../../master/core/core-counters.js';
import type { Configuration } from '../flags/configuration.js';
import type { MasterPlace } from './progress-mode.js';

export interface WatchParams {
  readonly configuration: Configuration;
  readonly trail: AuditTrail;
  readonly place: MasterPlace;
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
