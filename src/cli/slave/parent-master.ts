/** What ties a local slave to the master that started it. */

import type { ParentMaster } from '../../slave/slave.js';

/** `FD:PID`: the pipe that a local slave reads, whose end is the end of its master, and that master's process. */
export const PARENT_PIPE_VARIABLE = 'TS_MW_PARENT_PIPE';

/** Undefined in a slave that nobody started so. Not inherited by what a task may start. */
export function takeParent(): ParentMaster | undefined {
  const text = process.env[PARENT_PIPE_VARIABLE];
  delete process.env[PARENT_PIPE_VARIABLE];
  if (text === undefined) return undefined;
  const [fd, pid] = text.split(':').map(Number);
  // An orphan is given another parent
  return { pipeFd: Number(fd), isGone: () => process.ppid !== pid };
}
