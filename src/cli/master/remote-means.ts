/**
 * The means that slaves on other machines need of their master, each made once, when it is needed first: the script of the
 * program, and the thread that dials servers. Makes the ways to such machines from them.
 */

import { resolve } from 'node:path';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { DataPort } from '../../broker/data-port.js';
import type { Broker } from '../../broker/start-broker.js';
import { UsageError } from '../../errors.js';
import type { BrokerAddress } from '../../link/ports.js';
import { type ProgramBundle, programBundle } from '../../machines/bundle/program-bundle.js';
import { Dialler } from '../../machines/dial/dialler.js';
import { ServerHost } from '../../machines/dial/server-host.js';
import {
  kindOf,
  type Machine,
  nameOf,
  type ServerMachine,
  type SshMachine,
} from '../../machines/farm/machine.js';
import type { MachineHost } from '../../machines/machine-host.js';
import { type ServerAuth, tokenAuth } from '../../machines/protocol/auth.js';
import type { OnRemoteOutput } from '../../machines/remote-slaves.js';
import { SshHost } from '../../machines/ssh/ssh-host.js';
import type { SpareThread } from '../../threads/spare-thread.js';
import type { Configuration } from '../flags/configuration.js';
import { parseServer, type ServerPlace } from '../flags/server-flags.js';
import { packageVersion, versionAbove } from '../process/versions.js';
import type { OutputReader } from './output-reader.js';
import {
  FILES_OF_SERVER,
  remoteSlaveArguments,
  remoteSlaveFiles,
  remoteSlaveSecrets,
  waysOfMaster,
} from './remote-slaves.js';

export interface MeansParams {
  readonly program: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly audit: AuditSink;
  /** Slaves write no trail. */
  readonly isSilent: boolean;
  /** That of servers, if it loads already. */
  readonly dialThread?: SpareThread | undefined;
}

/** The master to which the slaves of machines belong. */
export interface AroundMachines {
  readonly configuration: Configuration;
  /** For slaves. */
  readonly address: BrokerAddress;
  /** Undefined with a nats-server. */
  readonly broker: Broker | undefined;
  readonly dataPort: Pick<DataPort, 'port' | 'take'> | undefined;
  /** Undefined if output goes to the streams of the master as it comes. */
  readonly output: OutputReader | undefined;
  /** Instead of the token of the configuration. */
  readonly serverAuth?: ServerAuth | undefined;
}

export class RemoteMeans {
  readonly #params: MeansParams;
  #script: Promise<ProgramBundle> | undefined;
  #dialler: Dialler | undefined;

  constructor(params: MeansParams) {
    this.#params = params;
  }

  /** The script that other machines run as the slaves of this program. Throws as `programBundle` does; the next call tries again. */
  script(): Promise<ProgramBundle> {
    this.#script ??= this.#makeScript();
    return this.#script;
  }

  hostOf(machine: Machine, around: AroundMachines): MachineHost {
    const kind = kindOf(machine);
    switch (kind) {
      case 'ssh':
        return this.#sshHost(machine as SshMachine, around);
      case 'server':
        return this.#serverHost(machine as ServerMachine, around);
      case 'local':
        throw new UsageError(`${nameOf(machine)} is the machine of the master`);
      default:
        return kind satisfies never;
    }
  }

  /** Its thread loads while the script is made. */
  beginToDial(): void {
    this.#dial();
  }

  async close(): Promise<void> {
    await this.#dialler?.close();
  }

  async #makeScript(): Promise<ProgramBundle> {
    const { program, algorithms, audit } = this.#params;
    const programVersion = versionAbove(resolve(program));
    try {
      return await programBundle({
        program,
        libraryVersion: packageVersion(),
        programVersion,
        algorithms,
        audit,
      });
    } catch (error) {
      this.#script = undefined;
      throw error;
    }
  }

  #dial(): Dialler {
    this.#dialler ??= new Dialler(this.#params.dialThread);
    return this.#dialler;
  }

  #sshHost(machine: SshMachine, around: AroundMachines): SshHost {
    const { configuration, address } = around;
    const { audit, isSilent } = this.#params;
    const { ssh: destination, node, cwd, env, prologue, program } = machine;
    return new SshHost({
      destination,
      node,
      cwd,
      env,
      prologue,
      program,
      bundle: () => this.script(),
      ways: waysOfMaster(around),
      argsOf: (ports, filesFolder) => remoteSlaveArguments(configuration, { ports, filesFolder, isSilent }),
      files: remoteSlaveFiles(configuration),
      secrets: remoteSlaveSecrets(address),
      clientTimeoutMs: configuration.clientTimeoutMs,
      onBundleSent: (bytes, seconds) =>
        audit.emit({ type: 'machine-program-sent', machine: nameOf(machine), bytes, seconds }),
      onOutput: outputOf(nameOf(machine), around),
    });
  }

  #serverHost(machine: ServerMachine, around: AroundMachines): ServerHost {
    const { configuration, address, dataPort } = around;
    const { audit, isSilent } = this.#params;
    const { server, slots, env } = machine;
    const { memberId, clientTimeoutMs, insecure } = configuration;
    const name = nameOf(machine);
    return new ServerHost({
      target: targetOf(parseServer('server', server, insecure), configuration),
      auth: serverAuthOf(around),
      dialler: this.#dial(),
      bundle: () => this.script(),
      request: {
        memberId,
        clientTimeoutMs,
        slots: slots === 'cores' ? undefined : slots,
        env: { ...env, ...remoteSlaveSecrets(address) },
        files: remoteSlaveFiles(configuration),
      },
      ways: waysOfMaster(around),
      takeData: dataPort && ((stream) => dataPort.take(stream)),
      argsOf: (ports) =>
        remoteSlaveArguments(configuration, { ports, filesFolder: FILES_OF_SERVER, isSilent }),
      onGranted: (granted, wanted) =>
        audit.emit({ type: 'machine-granted', machine: name, slots: granted, wanted }),
      onBundleSent: (bytes, seconds) =>
        audit.emit({ type: 'machine-program-sent', machine: name, bytes, seconds }),
      onRefused: (reason) => audit.emit({ type: 'machine-refused', machine: name, reason }),
      onOutput: outputOf(name, around),
    });
  }
}

/** How a master proves itself to servers; undefined if it has nothing for that. */
function serverAuthOf({
  configuration: { serverToken },
  serverAuth,
}: Pick<AroundMachines, 'configuration' | 'serverAuth'>): ServerAuth | undefined {
  return serverAuth ?? (serverToken === undefined ? undefined : tokenAuth(serverToken));
}

/** Where the output of slaves of another machine goes. */
function outputOf(machine: string, { output }: Pick<AroundMachines, 'output'>): OnRemoteOutput {
  return output?.writerOf(machine) ?? ((to, text) => process[to].write(text));
}

function targetOf({ host, port, encrypted }: ServerPlace, { tls }: Configuration) {
  const { ca, cert, key } = tls;
  return { host, port, tls: encrypted ? { ca, cert, key } : undefined };
}
