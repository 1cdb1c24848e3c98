/** The tie of a local slave to the master that started it. */

import type { ParentMaster } from '../../slave/slave.js';

/** `FD:PID`: the pipe that a local slave reads, which ends with its master, and that master's process. */
export const PARENT_PIPE_VARIABLE = 'TS_MW_PARENT_PIPE';

/** Undefined in a slave that was not started by a master. Processes that a task starts do not inherit it. */
export function takeParent(): ParentMaster | undefined {
  const text = process.env[PARENT_PIPE_VARIABLE];
  delete process.env[PARENT_PIPE_VARIABLE];
  if (text === undefined) return undefined;
  const [fd, pid] = text.split(':').map(Number);
  // An orphan gets another parent
  return { pipeFd: Number(fd), isGone: () => process.ppid !== pid };
}
