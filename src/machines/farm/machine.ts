/** A machine of the farm, as a program or a farm file describes it, and as `machines()` shows it. */

import type { MachineFacts } from '../machine-host.js';

/**
 * Says whether a machine is fit for the computation: `true` or nothing if it is. `false`, a text with the reason, or an
 * exception refuse it. Called on the master, with what the machine says of itself; it has a minute.
 */
export type JudgeMachine = (
  facts: MachineFacts,
) => boolean | string | undefined | PromiseLike<boolean | string | undefined>;

/** A task algorithm that qualifies machines: its verdict is as that of `JudgeMachine`. */
export interface MachineTask {
  /** The stub of an algorithm; it is not called. */
  funcall(facts: MachineFacts): unknown;
}

/** The settings of all kinds of machines. */
export interface MachineSettings {
  /** Names it in the trail and in `machines()`; its address by default, or `local`. */
  readonly name?: string | undefined;
  /** The most slaves there, 1 to 1,024, or one for each core, which is the default; for a server, for each slot that it lends. */
  readonly slots?: number | 'cores' | undefined;
  /** The folder in which its slaves run. */
  readonly cwd?: string | undefined;
  /** Variables that its slaves have beside those of the machine. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The Node that runs there: a path or a command. */
  readonly node?: string | undefined;
  /** Lines for the shell there, run before each start of a slave, such as `module load node`. */
  readonly prologue?: string | undefined;
  /**
   * Equal failures in a row after which it is given up, 1 to 1,000, or `forever`; 3 by default, and `forever` for a
   * server, which may be started later.
   */
  readonly retries?: number | 'forever' | undefined;
  /**
   * Qualifies it, before its slaves get work, and again whenever it comes back: a task algorithm, or its name, that is
   * run on its first slave with what the machine says of itself; or a function that is called with that on the master.
   */
  readonly validate?: MachineTask | JudgeMachine | string | undefined;
}

/** The machine of the master. */
export interface LocalMachine extends MachineSettings {
  /** Slaves are processes of the master. */
  readonly local: true;
  /** It is the master's. */
  readonly program?: undefined;
  /** A machine has one of the three. */
  readonly ssh?: undefined;
  /** A machine has one of the three. */
  readonly server?: undefined;
}

/** A machine that ssh reaches. */
export interface SshMachine extends MachineSettings {
  /** `HOST` or `USER@HOST`, as ssh and its configuration know it. */
  readonly ssh: string;
  /** The program's file there, where it is installed; the program is sent by default. */
  readonly program?: string | undefined;
  /** A machine has one of the three. */
  readonly local?: undefined;
  /** A machine has one of the three. */
  readonly server?: undefined;
}

/** A machine that a standing server lends. */
export interface ServerMachine extends MachineSettings {
  /** `HOST:PORT` or `tls://HOST:PORT`; TLS is used beyond loopback in any case, unless `--insecure` is given. */
  readonly server: string;
  /** The server is sent the program. */
  readonly program?: undefined;
  /** The server gives each slave an empty folder. */
  readonly cwd?: undefined;
  /** The server runs slaves with the Node that runs it. */
  readonly node?: undefined;
  /** It is a matter of the server. */
  readonly prologue?: undefined;
  /** A machine has one of the three. */
  readonly local?: undefined;
  /** A machine has one of the three. */
  readonly ssh?: undefined;
}

/** A machine of the farm: local, by ssh, or by a server. */
export type Machine = LocalMachine | SshMachine | ServerMachine;

/**
 * The state of a machine. `unknown`: not begun yet. `starting`: it is being reached. `validating`: it is being
 * qualified. `ready`: its slaves get work. `failing`: it is tried again later. `given-up`: it is not, after equal
 * failures. `draining`: its slaves end what they run. `gone`: it is unregistered.
 */
export type MachineState =
  | 'unknown'
  | 'starting'
  | 'validating'
  | 'ready'
  | 'failing'
  | 'given-up'
  | 'draining'
  | 'gone';

/** A machine as it was when `machines()` was called. */
export interface MachineView {
  /** Different for each machine of a farm. */
  readonly name: string;
  /** How it is reached. */
  readonly kind: 'local' | 'ssh' | 'server';
  /** Where it is in its life. */
  readonly state: MachineState;
  /** The most slaves there; undefined before the machine has said how many cores it has. */
  readonly slots: number | undefined;
  /** Slave processes that are kept there now. */
  readonly slaves: number;
  /** Its description of itself when it was reached last. */
  readonly facts: MachineFacts | undefined;
  /** Why it failed last; undefined if it has not, or is ready again. */
  readonly reason: string | undefined;
}

/** The most slaves of one machine. */
export const MOST_SLOTS = 1024;

export function kindOf(machine: Machine): MachineView['kind'] {
  return machine.ssh !== undefined ? 'ssh' : machine.server !== undefined ? 'server' : 'local';
}

/** Its name, or what stands for it. */
export function nameOf(machine: Machine): string {
  return machine.name ?? machine.ssh ?? machine.server ?? 'local';
}

/** The number of equal failures after which it is given up. */
export function mostFailures(machine: Machine): number {
  const { retries = machine.server === undefined ? 3 : 'forever' } = machine;
  return retries === 'forever' ? Number.POSITIVE_INFINITY : retries;
}
