/** One local slave process: its start, its tie to its master's life, and its end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { PASSWORD_VARIABLE, TOKEN_VARIABLE } from '../flags/nats-flags.js';
import { CERTIFICATE_VARIABLE } from '../flags/tls-flags.js';
import { programCommand } from '../process/one-executable.js';
import { PARENT_PIPE_VARIABLE } from '../slave/parent-master.js';

const PARENT_PIPE = 3;

export interface SlaveCommand {
  /** The file that node runs. */
  readonly program: string;
  /**
   * `--slave`, the master's address, and the program's own arguments; all users of the machine can see them,
   * so no secrets.
   */
  readonly args: readonly string[];
  readonly token?: string | undefined;
  /** The password of `--nats-user`. */
  readonly password?: string | undefined;
  /** The certificate of the broker inside the master, in PEM. */
  readonly certificate?: string | undefined;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The process could not be started. */
  readonly error?: Error | undefined;
}

export interface SlaveProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  terminate(): void;
  /** Includes the processes that it started, as far as they stayed in its process group. */
  kill(): void;
}

/** Calls `onEnd` once, after it has returned. */
export type SpawnSlave = (command: SlaveCommand, onEnd: (end: ProcessEnd) => void) => SlaveProcess;

/**
 * Detached, so that Ctrl-C reaches only the master, which then stops its slaves in order. Output goes to the
 * master's output.
 */
export const spawnSlave: SpawnSlave = (slave, onEnd) => {
  const { program, args } = slave;
  let child: ChildProcess;
  try {
    const [command, ...prefix] = programCommand(program);
    child = spawn(command, [...prefix, ...args], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      env: {
        ...process.env,
        [PARENT_PIPE_VARIABLE]: `${PARENT_PIPE}:${process.pid}`,
        ...slaveSecrets(slave),
      },
    });
  } catch (error) {
    // Node throws some failures of spawn (E2BIG, ENOMEM) and emits the others (ENOENT, EAGAIN)
    const failure = error instanceof Error ? error : new Error(String(error));
    process.nextTick(onEnd, { code: null, signal: null, error: failure });
    return { pid: undefined, terminate: () => {}, kill: () => {} };
  }
  // There is no stdio at all if file descriptors ran out
  const pipe = child.stdio?.[PARENT_PIPE];
  // A dying slave may reset the pipe; its exit is what counts
  pipe?.on('error', () => {});
  child.once('exit', (code, signal) => {
    pipe?.destroy();
    onEnd({ code, signal });
  });
  child.on('error', (error) => {
    if (child.pid === undefined) onEnd({ code: null, signal: null, error });
  });
  return { pid: child.pid, terminate: () => terminate(child), kill: () => killGroup(child) };
};

/** The secrets of a slave, which other users could read among its arguments, and variables that it must not inherit. */
export function slaveSecrets({
  token,
  password,
  certificate,
}: Pick<SlaveCommand, 'token' | 'password' | 'certificate'>): Readonly<Record<string, string | undefined>> {
  return {
    [TOKEN_VARIABLE]: token,
    [PASSWORD_VARIABLE]: password,
    [CERTIFICATE_VARIABLE]: certificate,
  };
}

/** For Node, a process that could not be started has pid 0 until it reports it: our own process group. */
function terminate(child: ChildProcess): void {
  if (child.pid !== undefined) child.kill('SIGTERM');
}

function killGroup(child: ChildProcess): void {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // No group of that number, as on Windows
    child.kill('SIGKILL');
  }
}
