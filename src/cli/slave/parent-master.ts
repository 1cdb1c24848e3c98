/** The tie of a slave to the master, or the server, that started it. */

import {
  AT_TERMINAL,
  GIVES_STREAMS,
  PARENT_PIPE_VARIABLE,
  type SlaveOutput,
} from '../../machines/parent-pipe.js';
import { StreamChannel } from '../../machines/protocol/stream-channel.js';
import type { ParentMaster } from '../../slave/slave.js';

export interface LocalParent extends ParentMaster {
  readonly output: SlaveOutput;
}

/** Undefined in a slave that was not started by a master. Processes that a task starts do not inherit it. */
export function takeParent(): LocalParent | undefined {
  const text = process.env[PARENT_PIPE_VARIABLE];
  delete process.env[PARENT_PIPE_VARIABLE];
  if (text === undefined) return undefined;
  const [fd, pid, list = ''] = text.split(':');
  const words = list.split(',');
  const streams = words.includes(GIVES_STREAMS) ? new StreamChannel() : undefined;
  const read = (['stdout', 'stderr'] as const).filter((stream) => words.includes(stream));
  return {
    pipeFd: Number(fd),
    // An orphan gets another parent
    isGone: () => process.ppid !== Number(pid),
    openStream: streams && ((timeoutMs) => streams.open(timeoutMs)),
    output: { read, isShownAtTerminal: words.includes(AT_TERMINAL) },
  };
}
