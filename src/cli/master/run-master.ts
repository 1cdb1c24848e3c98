/**
 * Runs a master from its configuration: its own broker if it has one, the resource file and local slaves; and
 * ends all of it in the right order.
 */

import { randomBytes } from 'node:crypto';
import { listAlgorithms } from '../../algorithms/registry.js';
import '../../slave/operations/register.js';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { DataPort } from '../../broker/data-port.js';
import type { Broker } from '../../broker/start-broker.js';
import { UsageError } from '../../errors.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { CheckpointStore } from '../../master/checkpoint/checkpoint-store.js';
import { openCheckpoint } from '../../master/checkpoint/open-checkpoint.js';
import { areAny, describeLeftovers, firstSubmission } from '../../master/fates/leftovers.js';
import { Master } from '../../master/master.js';
import type { MasterEnd } from '../../master/program/master-end.js';
import type { MasterHandle } from '../../master/program/master-handle.js';
import type { AuthorizeSlave } from '../../master/slaves/admissions.js';
import type { Configuration } from '../flags/configuration.js';
import { definedCells } from '../process/defined-cells.js';
import { describeRun, openResourceFile } from '../resource-file/open-resource-file.js';
import type { ResourceWriter } from '../resource-file/resource-writer.js';
import { joinCommand } from './join-command.js';
import type { LocalSlaves } from './local-slaves.js';
import { openBroker } from './open-broker.js';
import { startLocalSlaves } from './start-local-slaves.js';

interface RunMasterParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  /** The file that slaves run; needed for local slaves and named in the resource file. */
  readonly program: string | undefined;
  readonly authorizeSlave?: AuthorizeSlave | undefined;
  /** The destination of local slaves' audit trails; beside the master's, or on standard error, by default. */
  readonly slaveAuditFile?: string | undefined;
}

/** A master with everything around it. */
export class RunningMaster {
  readonly handle: MasterHandle;
  readonly master: Master;
  /** Of the embedded broker; 0 if there is none. */
  readonly port: number;
  readonly address: BrokerAddress;
  readonly params: RunMasterParams;
  readonly #broker: Broker | undefined;
  readonly #dataPort: DataPort | undefined;
  readonly #resources: ResourceWriter | undefined;
  readonly #locals: LocalSlaves | undefined;
  readonly #checkpoint: CheckpointStore | undefined;
  #leftBehind: string | undefined;
  #ended: Promise<void> | undefined;

  private constructor(parts: {
    params: RunMasterParams;
    master: Master;
    address: BrokerAddress;
    broker: Broker | undefined;
    dataPort: DataPort | undefined;
    resources: ResourceWriter | undefined;
    locals: LocalSlaves | undefined;
    checkpoint: CheckpointStore | undefined;
  }) {
    this.params = parts.params;
    this.master = parts.master;
    this.handle = parts.master.handle;
    this.address = parts.address;
    this.#broker = parts.broker;
    this.#dataPort = parts.dataPort;
    this.#resources = parts.resources;
    this.#locals = parts.locals;
    this.#checkpoint = parts.checkpoint;
    this.port = parts.broker?.port ?? 0;
  }

  static async start(params: RunMasterParams): Promise<RunningMaster> {
    const { configuration, audit, program } = params;
    if (configuration.slaves > 0 && program === undefined) {
      throw new UsageError('local slaves need to know what to run; give master() the option program');
    }
    const algorithms = listAlgorithms();
    const cells = definedCells();
    const run = randomBytes(8).toString('hex');
    const resources = openResourceFile(configuration, run, audit);
    await resources?.claim();
    const checkpoint = await openStore(configuration, algorithms, audit);
    let broker: Broker | undefined;
    let dataPort: DataPort | undefined;
    let address: BrokerAddress;
    let ownAddress: BrokerAddress;
    let master: Master | undefined;
    try {
      ({ broker, dataPort, address, ownAddress } = await openBroker(configuration, audit));
      const opened = await Master.open({
        run,
        address: ownAddress,
        broker: broker === undefined ? 'external' : 'embedded',
        memberId: configuration.memberId,
        algorithms,
        cells,
        store: checkpoint,
        taskGroup: configuration.slaveTaskGroup,
        resultGroup: configuration.slaveResultGroup,
        maxMessageBytes: configuration.maxMessageBytes,
        clientTimeoutMs: configuration.clientTimeoutMs,
        allowVersionSkew: configuration.allowVersionSkew,
        backupTasks: configuration.backupTasks,
        authorizeSlave: params.authorizeSlave,
        dataPort,
        audit,
        argv: configuration.argv,
        slaveHint: configuration.mistyped.join('; ') || undefined,
      });
      master = opened;
      const about = { configuration, run, master: opened, broker, address, program };
      await resources?.begin((status) => describeRun(about, status));
    } catch (error) {
      await master?.stop({ by: 'error', error });
      await dataPort?.stop();
      await broker?.stop();
      await checkpoint?.close();
      throw error;
    }
    if (program !== undefined) {
      audit.emit({ type: 'join-command', command: joinCommand({ configuration, program, broker }) });
    }
    const locals = startLocalSlaves({ ...params, address, master, broker });
    return new RunningMaster({ params, master, address, broker, dataPort, resources, locals, checkpoint });
  }

  /** Ends everything, the program's side at once. May be called twice; the first reason counts. */
  end(end: MasterEnd): Promise<void> {
    this.#ended ??= this.#end(end);
    return this.#ended;
  }

  /**
   * In words: the tasks that the program had not waited for, and the fates that it had not taken, when the
   * master ended; undefined if there were none.
   */
  get leftBehind(): string | undefined {
    return this.#leftBehind;
  }

  async #end(end: MasterEnd): Promise<void> {
    const { audit, configuration } = this.params;
    const leftovers = this.master.halt(end);
    const finished = end.by === 'return' || end.by === 'stop';
    if (areAny(leftovers)) {
      const how = end.by === 'return' ? 'the master algorithm returned' : 'the master was stopped';
      this.#leftBehind = `${how} with ${describeLeftovers(leftovers)}${firstSubmission(leftovers)}`;
    }
    this.#locals?.beginEnding();
    await this.#resources?.end(finished ? 'finished' : 'in-progress');
    await this.master.stop(end);
    await this.#locals?.end(this.master.leavingPids);
    await this.#dataPort?.stop();
    await this.#broker?.stop();
    await this.#checkpoint?.close();
    audit.emit({ type: 'master-finished', memberId: configuration.memberId });
  }

  /** Starts one more local slave; returns its pid, undefined if it could not be started. */
  addSlave(): number | undefined {
    if (this.#locals === undefined) throw new UsageError('this master does not know what its slaves run');
    return this.#locals.add();
  }

  /** Kills a local slave, which is not started again; false if it is not one of this master's. */
  killSlave(pid: number): boolean {
    return this.#locals?.kill(pid) ?? false;
  }

  /** For a process that is ending now. */
  killLocalSlaves(): void {
    this.#locals?.killAllNow();
  }
}

async function openStore(
  { checkpoint: folder }: Configuration,
  algorithms: readonly AlgorithmDefinition[],
  audit: AuditSink,
): Promise<CheckpointStore | undefined> {
  if (folder === undefined) return undefined;
  const store = await openCheckpoint(folder, algorithms);
  audit.emit({ type: 'checkpoint-opened', path: folder, results: store.inherited });
  return store;
}
