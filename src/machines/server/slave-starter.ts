/**
 * Starts the slave processes of a server: from spare processes, which are Node already and wait for their order, or as new processes.
 *
 * Spares are for free slots only, at most four. Each has a process group of its own, as a slave has, knows nothing of any
 * master until it becomes a slave, and is used once. The bundle of the last lease is compiled there in advance, the library of
 * the server is loaded for bundles that have the same, and the thread of the slave's sentinel waits there.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_VARIABLES } from '../default-variables.js';
import { PARENT_PIPE_VARIABLE, parentPipeValue } from '../parent-pipe.js';
import {
  type BundleToCompile,
  ORDER_PIPE,
  type SlaveStart,
  SPARE_SCRIPT,
  type SpareOrder,
} from './spare-script.js';

const MOST_SPARES = 4;
/** Variables of a server's own environment that the slaves of masters do not inherit. */
const WITHHELD = [
  'TS_MW_SERVER_TOKEN',
  'TS_MW_TOKEN',
  'TS_MW_NATS_PASSWORD',
  'TS_MW_TLS_CERTIFICATE',
  PARENT_PIPE_VARIABLE,
];
/** Others may be read by Node, or by what it is made of, when a process starts. */
const READ_LATE = /^(TS_MW_.*|TMPDIR)$/;

export interface SlaveOrder extends SlaveStart {
  /** Whether its starter answers requests of `StreamChannel`. */
  readonly givesStreams: boolean;
}

/** Packed files of the server's own library. */
export interface PreparedFiles {
  readonly sentinel: string;
  readonly library: string;
}

export class SlaveStarter {
  readonly #folder: string;
  readonly #prepared: readonly string[];
  #script: string | undefined;
  #spares: ChildProcess[] = [];
  #stopped = false;

  /** `folder` is the server's own; without the packed files of the library spares prepare neither a thread nor a library. */
  constructor(folder: string, files?: PreparedFiles | undefined) {
    this.#folder = resolve(folder);
    this.#prepared = files === undefined ? [] : [files.sentinel, files.library];
  }

  /**
   * Its process group is its own; descriptor 3 is the pipe that ends with this process, and it has a channel of Node's if it is
   * given streams. Throws as `spawn` does.
   */
  start({ bundle, args, cwd, env, givesStreams }: SlaveOrder): ChildProcess {
    const order: SlaveStart = {
      bundle: resolve(bundle),
      args,
      cwd: resolve(cwd),
      env: { ...env, [PARENT_PIPE_VARIABLE]: parentPipeValue(undefined, givesStreams) },
    };
    const spare = Object.keys(env).every((name) => READ_LATE.test(name)) ? this.#spares.shift() : undefined;
    if (spare !== undefined) {
      if (!givesStreams && spare.connected) spare.disconnect();
      tell(spare, { type: 'begin', ...order });
      return spare;
    }
    return spawn(process.execPath, [order.bundle, ...args], {
      cwd: order.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(givesStreams ? ['ipc' as const] : [])],
      env: { ...ownEnvironment(), ...order.env },
    });
  }

  /** Starts as many spares as are missing, and has them compile the bundle. */
  prepare(freeSlots: number, bundle: BundleToCompile | undefined): void {
    if (this.#stopped) return;
    while (this.#spares.length < Math.min(freeSlots, MOST_SPARES)) {
      const spare = this.#startSpare();
      if (spare === undefined) break;
      this.#spares.push(spare);
    }
    if (bundle === undefined) return;
    const order = { ...bundle, bundle: resolve(bundle.bundle) };
    for (const spare of this.#spares) tell(spare, { type: 'compile', ...order });
  }

  /** Ends the spares; what has become a slave is no longer one. Nothing is prepared any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const spares = this.#spares;
    this.#spares = [];
    await Promise.all(
      spares.map(
        (spare) =>
          new Promise<void>((gone) => {
            spare.once('exit', () => gone());
            spare.kill('SIGKILL');
          }),
      ),
    );
  }

  /** Undefined if there can be none now, as with too many processes: slaves are new processes then, and tell why they cannot be started. */
  #startSpare(): ChildProcess | undefined {
    let spare: ChildProcess;
    try {
      this.#script ??= this.#writeScript();
      spare = spawn(process.execPath, [this.#script, ...this.#prepared], {
        cwd: this.#folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'ipc'],
        env: ownEnvironment(),
      });
    } catch {
      return undefined;
    }
    const forget = (): void => {
      this.#spares = this.#spares.filter((one) => one !== spare);
    };
    spare.once('exit', forget);
    spare.once('error', forget);
    // A dying process may reset its pipe; its exit is what counts
    spare.stdio[ORDER_PIPE]?.on('error', () => {});
    return spare.pid === undefined ? undefined : spare;
  }

  #writeScript(): string {
    const path = join(this.#folder, 'spare.cjs');
    writeFileSync(path, SPARE_SCRIPT, { mode: 0o600 });
    return path;
  }
}

function tell(spare: ChildProcess, order: SpareOrder): void {
  const pipe = spare.stdio[ORDER_PIPE];
  if (pipe && 'write' in pipe) pipe.write(`${JSON.stringify(order)}\n`);
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...DEFAULT_VARIABLES, ...process.env };
  for (const name of WITHHELD) delete env[name];
  return env;
}
