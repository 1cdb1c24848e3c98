/** The tie of a slave process to the process that started it. */

/**
 * `FD:PID:WORDS`: the pipe that the slave reads, which ends with its starter, the starter's process, and where the output
 * of the slave goes: `stdout` and `stderr` if the starter reads it, `terminal` if that ends at one. `streams` if the starter hands
 * over connections to the master.
 */
export const PARENT_PIPE_VARIABLE = 'TS_MW_PARENT_PIPE';

/** The descriptor of the pipe in slaves. */
export const PARENT_PIPE = 3;

export const AT_TERMINAL = 'terminal';
export const GIVES_STREAMS = 'streams';

/** Where the standard streams of a slave end. */
export interface SlaveOutput {
  /** The streams that the starter reads; it has shared the others. */
  readonly read: readonly ('stdout' | 'stderr')[];
  /** Whether standard error, which is a pipe then, ends at a terminal. */
  readonly isShownAtTerminal: boolean;
}

/** The value of the variable in a slave of this process. */
export function parentPipeValue(output?: SlaveOutput | undefined, givesStreams = false): string {
  const words: string[] = [...(output?.read ?? [])];
  if (output?.isShownAtTerminal) words.push(AT_TERMINAL);
  if (givesStreams) words.push(GIVES_STREAMS);
  return `${PARENT_PIPE}:${process.pid}:${words.join(',')}`;
}
