/** One local slave process: its start, its tie to the life of the process that starts it, and its end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { DEFAULT_VARIABLES } from '../../machines/default-variables.js';
import { PARENT_PIPE, PARENT_PIPE_VARIABLE, parentPipeValue } from '../../machines/parent-pipe.js';
import { killWithGroup, terminate } from '../../machines/process-group.js';
import type { ProcessEnd, SlaveProcess } from '../../machines/slave-process.js';
import { PASSWORD_VARIABLE, TOKEN_VARIABLE } from '../flags/nats-flags.js';
import { CERTIFICATE_VARIABLE } from '../flags/tls-flags.js';
import { programCommand } from '../process/one-executable.js';
import type { OutputReader } from './output-reader.js';

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
  /** Reads what the slave prints; without it, all goes to the master's own output. */
  readonly output?: OutputReader | undefined;
  readonly surroundings?: SlaveSurroundings | undefined;
}

/** In what a slave's process differs from its master's. */
export interface SlaveSurroundings {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The Node that runs it. */
  readonly node?: string | undefined;
  /** Lines for `/bin/sh`, run before it in the same process. */
  readonly prologue?: string | undefined;
}

/** Calls `onEnd` once, after it has returned. */
export function spawnSlave(slave: SlaveCommand, onEnd: (end: ProcessEnd) => void): SlaveProcess {
  const { cwd, env } = slave.surroundings ?? {};
  const { output } = slave;
  return spawnTied(
    { command: commandOf(slave), cwd, env: { ...env, ...slaveSecrets(slave) }, output },
    onEnd,
  );
}

interface TiedCommand {
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string | undefined;
  /** Beside our own; undefined takes one away. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output?: OutputReader | undefined;
}

/**
 * A slave that ends when this process does. Calls `onEnd` once, after it has returned. Detached, so that Ctrl-C reaches
 * only this process, which then stops its slaves in order. Without `output`, it prints to our streams.
 */
export function spawnTied(
  { command: [file, ...args], cwd, env, output }: TiedCommand,
  onEnd: (end: ProcessEnd) => void,
): SlaveProcess {
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output?.stdout ?? 'inherit', output?.stderr ?? 'inherit', 'pipe'],
      cwd,
      env: {
        ...DEFAULT_VARIABLES,
        ...process.env,
        ...env,
        [PARENT_PIPE_VARIABLE]: parentPipeValue(output?.ends),
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
  output?.read(child);
  child.once('exit', (code, signal) => {
    pipe?.destroy();
    onEnd({ code, signal });
  });
  child.on('error', (error) => {
    if (child.pid === undefined) onEnd({ code: null, signal: null, error });
  });
  return { pid: child.pid, terminate: () => terminate(child), kill: () => killWithGroup(child) };
}

function commandOf({ program, args, surroundings = {} }: SlaveCommand): readonly [string, ...string[]] {
  const { node, prologue } = surroundings;
  const [started, ...prefix] = programCommand(program);
  const command = [node ?? started, ...prefix, ...args] as const;
  // The shell becomes the slave, which so keeps its process id and its pipe
  return prologue === undefined ? command : ['/bin/sh', '-c', `${prologue}\nexec "$@"`, 'sh', ...command];
}

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
