/** A slave process and those that it has started: they are a process group, since a slave is started detached. */

import type { ChildProcess } from 'node:child_process';

/** The slave itself; for Node, a process that could not be started has pid 0 until it reports it: our own process group. */
export function terminate(child: ChildProcess): void {
  if (child.pid !== undefined) child.kill('SIGTERM');
}

/** The slave and its group, unless it has ended. */
export function killWithGroup(child: ChildProcess): void {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  if (!killGroup(pid)) child.kill('SIGKILL');
}

/** The rest of the group of a slave that has ended; false if there is no such group, as on Windows. */
export function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
