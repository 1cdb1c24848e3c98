/** The pages that are in the menu only where the program has what they show. */

import type { DashboardModel } from '../model/dashboard-model.js';

export interface OptionalPages {
  /** Slaves on several machines, or machines on which the master starts them. */
  readonly machines: boolean;
  readonly shared: boolean;
  readonly threads: boolean;
}

export function optionalPages({ slaves, machines, shares, threadCount }: DashboardModel): OptionalPages {
  return {
    machines: slaves.areOnSeveralHosts || machines.size > 0,
    shared: shares.size > 0,
    threads: threadCount > 0,
  };
}
