/** The program's threads of control that run, the oldest first. */

import type { ThreadSeen } from '../messages.js';
import type { DashboardModel } from '../model/dashboard-model.js';

export interface ThreadsPage {
  readonly rows: readonly ThreadSeen[];
  readonly all: number;
}

export function threadsPage({ threads, threadCount }: DashboardModel): ThreadsPage {
  return { rows: threads, all: threadCount };
}
