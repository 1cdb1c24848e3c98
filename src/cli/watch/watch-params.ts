/** A master that is watched: what the watch needs of it, and what it is told. */

import type { AuditTrail } from '../../audit/audit-trail.js';
import type { MasterToLookAt } from '../dashboard/change-master.js';
import type { Configuration } from '../flags/configuration.js';
import type { MasterPlace } from './progress-mode.js';

export interface WatchParams {
  readonly configuration: Configuration;
  readonly trail: AuditTrail;
  readonly place: MasterPlace;
  /** The program's notices have a closing line of their own. */
  readonly hasNotices: boolean;
  /** Says a line to the people at the program's terminal, and to nobody else: it may have a secret. */
  readonly say: (text: string) => void;
}

export interface MasterWatch {
  /** Of the dashboard, with its token; undefined without one. */
  readonly dashboardUrl: string | undefined;
  /** The master has started. */
  begin(master: MasterToLookAt): void;
  /** It has ended. May be called twice, and without `begin`. */
  end(): Promise<void>;
}
