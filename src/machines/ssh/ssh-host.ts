/**
 * A machine that ssh reaches: one connection, through which an agent is sent there, the program, and orders to start
 * slaves; and through which the slaves reach the master, by ports of their machine's loopback.
 */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { JoinError } from '../../errors.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import { DEFAULT_VARIABLES } from '../default-variables.js';
import type { MachineFacts, MachineHost } from '../machine-host.js';
import { PARENT_PIPE_VARIABLE } from '../parent-pipe.js';
import { type OnRemoteOutput, RemoteSlaves } from '../remote-slaves.js';
import type { ProcessEnd, SlaveProcess } from '../slave-process.js';
import type { AgentReport, AgentSettings } from './agent-messages.js';
import { agentText } from './agent-text.js';
import { explainVersion } from './explain-failure.js';
import type { Target } from './ssh-command.js';
import { SshConnection, type SshWay } from './ssh-connection.js';

export interface SshHostParams {
  /** As ssh takes it: `host`, `user@host`, a name of its configuration, or `ssh://user@host:port`. */
  readonly destination: string;
  /** The ssh executable; the one of the path by default. */
  readonly ssh?: string | undefined;
  /** The command for Node there; `node` by default. */
  readonly node?: string | undefined;
  /** The folder of all slaves there; an empty one for each by default. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Lines for sh, run once for each connection, before Node. */
  readonly prologue?: string | undefined;
  /** The program's file on the machine; the bundle is sent by default. */
  readonly program?: string | undefined;
  readonly bundle: () => Promise<{ readonly bytes: Uint8Array }>;
  /** Where the connections of slaves end; none if they connect to a nats-server themselves. */
  readonly ways: Readonly<Partial<Record<SshWay, Target>>>;
  /** The arguments of a slave, whose ways to the master, and files, are these of its own machine. */
  readonly argsOf: (
    ports: Readonly<Partial<Record<SshWay, number>>>,
    filesFolder: string,
  ) => readonly string[];
  /** Texts that the arguments name, such as certificates, by the names of their files. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Variables of slaves that nobody else may see. */
  readonly secrets: Readonly<Record<string, string | undefined>>;
  /** A connection that is dead for that long has ended for the agent too. */
  readonly clientTimeoutMs: number;
  readonly onBundleSent?: ((bytes: number, seconds: number) => void) | undefined;
  /** The output of slaves there, in pieces; the agent drops what the connection does not take. */
  readonly onOutput: OnRemoteOutput;
}

/** From the start of ssh to the agent's answer. */
const OPEN_WITHIN_MS = 60_000;
const END_WITHIN_MS = 4000;
const OLDEST_NODE = 20;
/** Of the time after which a silent connection is dead. */
const BEATS = 4;
const UNWANTED = 'it is no longer wanted';

const pack = promisify(gzip);

export class SshHost implements MachineHost {
  onLost: (reason: string) => void = () => {};
  readonly #params: SshHostParams;
  readonly #slaves: RemoteSlaves;
  #connection: SshConnection | undefined;
  /** Undefined before the machine is open, and from its end. */
  #open:
    | { readonly args: readonly string[]; readonly hostname: string; readonly beat: NodeJS.Timeout }
    | undefined;
  #isBusy = false;
  #closes = 0;

  constructor(params: SshHostParams) {
    this.#params = params;
    this.#slaves = new RemoteSlaves(params.onOutput);
  }

  async open(signal: AbortSignal): Promise<MachineFacts> {
    if (this.#isBusy || this.#connection !== undefined) throw this.#error('it is open already');
    this.#isBusy = true;
    try {
      return await this.#reach(signal);
    } finally {
      this.#isBusy = false;
    }
  }

  readonly startSlave = (onEnd: (end: ProcessEnd) => void): SlaveProcess => {
    const link = this.#connection?.link;
    const open = this.#open;
    const way = link && open ? { link, ...open } : this.#error('it is not connected');
    return this.#slaves.start(way, onEnd);
  };

  async close(): Promise<void> {
    this.#closes++;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.fail(UNWANTED);
    this.#shut();
    connection.link.end();
    const late = setTimeout(() => connection.link.kill(), END_WITHIN_MS);
    await connection.ended;
    clearTimeout(late);
  }

  async #reach(signal: AbortSignal): Promise<MachineFacts> {
    const { bundle, program, destination } = this.#params;
    const closes = this.#closes;
    const agent = Buffer.from(await agentText());
    const packed = program === undefined ? await pack((await bundle()).bytes) : undefined;
    signal.throwIfAborted();
    if (closes !== this.#closes) throw this.#error(UNWANTED);
    const connection = this.#connect();
    const { link } = connection;
    const onAbort = (): void => connection.fail(UNWANTED);
    signal.addEventListener('abort', onAbort, { once: true });
    const stopWaiting = giveUpAfter(OPEN_WITHIN_MS, () => connection.fail(lateness(destination, link.noise)));
    try {
      return await Promise.race([this.#greet(connection, agent, packed), connection.failed]);
    } catch (error) {
      link.kill();
      await connection.ended;
      signal.throwIfAborted();
      throw error;
    } finally {
      stopWaiting();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #connect(): SshConnection {
    const { destination, node, prologue, ssh = 'ssh', ways, onOutput } = this.#params;
    this.#connection = new SshConnection(
      {
        ssh,
        destination,
        node,
        prologue,
        ways,
        // Before, it is of banners and profiles, and is told if it was the reason of a failure
        onErrorLine: (line) => {
          if (this.#open !== undefined) onOutput('stderr', `${line}\n`);
        },
        onReport: (report) => this.#take(report),
        onEnd: (reason) => this.#over(reason),
      },
      (reason) => this.#error(reason),
    );
    return this.#connection;
  }

  async #greet(
    connection: SshConnection,
    agent: Uint8Array,
    packed: Uint8Array | undefined,
  ): Promise<MachineFacts> {
    const { link } = connection;
    const { node = 'node', argsOf, onBundleSent, clientTimeoutMs } = this.#params;
    const { version } = await connection.report('node');
    if (Number.parseInt(version, 10) < OLDEST_NODE) throw this.#error(explainVersion(version, node));
    const ports = await connection.ports;
    link.sendBytes(agent);
    link.sendBytes(Buffer.from(JSON.stringify(this.#settings(ports.probe))));
    const began = performance.now();
    if (packed !== undefined) link.sendBytes(packed);
    const { hostname, platform, cores, memoryBytes, filesFolder } = await connection.report('ready');
    if (packed !== undefined) onBundleSent?.(packed.length, (performance.now() - began) / 1000);
    const asked = Date.now();
    link.send({ type: 'clock' });
    const { now } = await connection.report('clock');
    const clockOffsetMs = Math.round(now - (asked + Date.now()) / 2);
    const beat = setInterval(() => link.send({ type: 'beat' }), clientTimeoutMs / BEATS);
    beat.unref();
    this.#open = { args: argsOf(ports.ways, filesFolder), hostname, beat };
    return { hostname, platform, node: version, cores, memoryBytes, clockOffsetMs };
  }

  #settings(probePort: number | undefined): AgentSettings {
    const { env = {}, files = {}, secrets, cwd, program, clientTimeoutMs } = this.#params;
    return {
      defaults: DEFAULT_VARIABLES,
      env,
      files,
      secrets: Object.fromEntries(
        Object.entries(secrets).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
      parentVariable: PARENT_PIPE_VARIABLE,
      cwd,
      program,
      probePort,
      lostAfterMs: clientTimeoutMs,
    };
  }

  #take(report: AgentReport): void {
    switch (report.type) {
      case 'started':
      case 'ended':
      case 'output':
        this.#slaves.take(report);
        return;
      default:
        // The others are taken while the machine is being opened
        return;
    }
  }

  #over(reason: string): void {
    const wasOpen = this.#open !== undefined;
    this.#shut();
    this.#connection = undefined;
    if (wasOpen) this.onLost(reason);
    this.#slaves.lost(this.#error(`it is lost: ${reason}`));
  }

  #shut(): void {
    clearInterval(this.#open?.beat);
    this.#open = undefined;
  }

  #error(reason: string): JoinError {
    return new JoinError(`${this.#params.destination}: ${reason}`);
  }
}

function lateness(destination: string, noise: string): string {
  return (
    `it did not start Node within ${OPEN_WITHIN_MS / 1000} s${noise === '' ? '' : `; what it said last: ${noise}`}; type ` +
    `ssh ${destination} true, which must end by itself, and look at the prologue`
  );
}
