/** One slave process, wherever it runs, as the part that keeps it knows it. */

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The process could not be started. */
  readonly error?: Error | undefined;
}

export interface SlaveProcess {
  /** Undefined if it could not be started, or is being started elsewhere. */
  readonly pid: number | undefined;
  /** Set by the part that keeps it: called once the pid of a process elsewhere is known. */
  onPid?: ((pid: number) => void) | undefined;
  terminate(): void;
  /** Includes the processes that it started, as far as they stayed in its process group. */
  kill(): void;
}

/** Calls `onEnd` once, after it has returned. */
export type StartSlave = (onEnd: (end: ProcessEnd) => void) => SlaveProcess;
