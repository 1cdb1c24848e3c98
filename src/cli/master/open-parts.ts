/**
 * Opens the parts of a master in the order in which they need each other: its resource file and checkpoint, the broker, the
 * master itself, its farm and servers. Those that were opened are closed if another one cannot be opened.
 */

import { randomBytes } from 'node:crypto';
import { listAlgorithms } from '../../algorithms/registry.js';
import '../../slave/operations/register.js';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink, AuditTrail } from '../../audit/audit-trail.js';
import type { DataPort } from '../../broker/data-port.js';
import type { Broker } from '../../broker/start-broker.js';
import { MwError, UsageError } from '../../errors.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { Farm } from '../../machines/farm/farm.js';
import { kindOf, type Machine } from '../../machines/farm/machine.js';
import type { ServerAuth } from '../../machines/protocol/auth.js';
import type { CheckpointStore } from '../../master/checkpoint/checkpoint-store.js';
import { openCheckpoint } from '../../master/checkpoint/open-checkpoint.js';
import { Master } from '../../master/master.js';
import type { AuthorizeSlave } from '../../master/slaves/admissions.js';
import { SubmissionTraces } from '../../tracing/submission-traces.js';
import { findTracing } from '../../tracing/tracing-api.js';
import type { Configuration } from '../flags/configuration.js';
import { attempt } from '../flags/named-file.js';
import { definedCells } from '../process/defined-cells.js';
import { describeRun, openResourceFile } from '../resource-file/open-resource-file.js';
import type { ResourceWriter } from '../resource-file/resource-writer.js';
import { joinCommand } from './join-command.js';
import type { MasterThreads } from './master-threads.js';
import { openBroker } from './open-broker.js';
import { openFarm } from './open-farm.js';
import { OtherMachines } from './other-machines.js';
import { OutputReader, type WriteOutput } from './output-reader.js';
import { serverMachines } from './server-machines.js';

export interface RunMasterParams {
  readonly configuration: Configuration;
  readonly audit: AuditTrail;
  /** Those that load already; others are started when they are needed. */
  readonly threads?: MasterThreads | undefined;
  /** The file that slaves run; needed for local slaves and named in the resource file. */
  readonly program: string | undefined;
  readonly authorizeSlave?: AuthorizeSlave | undefined;
  /** How it proves itself to standing servers, instead of by their token. */
  readonly serverAuth?: ServerAuth | undefined;
  /** Where people look at it; undefined if they do not. */
  readonly dashboardUrl?: string | undefined;
  /** The destination of local slaves' audit trails; beside the master's, or on standard error, by default. */
  readonly slaveAuditFile?: string | undefined;
  /** Shows what local slaves print; on the standard streams by default. */
  readonly writeOutput?: WriteOutput | undefined;
  /** Each machine of the farm proves that it runs the program. */
  readonly isChecked?: boolean | undefined;
}

/** All that a running master has; each part is undefined if its configuration has none. */
export interface MasterParts {
  readonly master: Master;
  /** Of the broker, for slaves. */
  readonly address: BrokerAddress;
  readonly broker: Broker | undefined;
  readonly dataPort: DataPort | undefined;
  readonly resources: ResourceWriter | undefined;
  /** Undefined if the program of slaves is not known. */
  readonly farm: Farm | undefined;
  readonly others: OtherMachines;
  readonly output: OutputReader | undefined;
  readonly checkpoint: CheckpointStore | undefined;
}

/** Begins to start slaves. Throws UsageError, and the errors of the parts. */
export async function openParts(params: RunMasterParams): Promise<MasterParts> {
  const { configuration, program } = params;
  let farm: Farm | undefined;
  const audit = configuration.demand === undefined ? params.audit : heard(params.audit, () => farm);
  const hasMachines =
    configuration.slaves > 0 || configuration.farm !== undefined || configuration.servers.length > 0;
  if (hasMachines && program === undefined) {
    throw new UsageError('slaves need to know what to run; give master() the option program');
  }
  const machines = await readMachines(configuration);
  const algorithms = listAlgorithms();
  const cells = definedCells();
  const tracing = findTracing();
  const traces = tracing && new SubmissionTraces(tracing);
  const run = randomBytes(8).toString('hex');
  const resources = openResourceFile(configuration, run, audit);
  await resources?.claim();
  const checkpoint = await openStore(configuration, algorithms, audit);
  const others = new OtherMachines({
    // Without one there are no machines that need it
    program: program ?? '',
    algorithms,
    audit,
    isSilent: params.slaveAuditFile !== undefined,
    dialThread: params.threads?.dial,
  });
  others.begin(machines);
  const hasOthers = machines.some((machine) => kindOf(machine) !== 'local');
  let broker: Broker | undefined;
  let dataPort: DataPort | undefined;
  let address: BrokerAddress;
  let ownAddress: BrokerAddress;
  let master: Master | undefined;
  let output: OutputReader | undefined;
  try {
    ({ broker, dataPort, address, ownAddress } = await openBroker(configuration, {
      audit,
      hasOthers,
      thread: params.threads?.broker,
    }));
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
      shareCopies: configuration.shareCopies,
      auditRuns: configuration.auditRuns,
      takeTrace: traces && ((how) => traces.take(how)),
      authorizeSlave: params.authorizeSlave,
      dataPort,
      sentinelThread: params.threads?.sentinel,
      audit,
      argv: configuration.argv,
      onAllocated: () => resources?.askForSlaves(),
      dashboardUrl: params.dashboardUrl,
      slaveHint: configuration.mistyped.join('; ') || undefined,
    });
    master = opened;
    output = OutputReader.open(params);
    if (params.serverAuth !== undefined && configuration.serverToken !== undefined) {
      audit.emit({
        type: 'warning',
        text: 'the program has a serverAuth, so the token of --server-token-file or TS_MW_SERVER_TOKEN has no effect',
      });
    }
    farm = openFarm({ ...params, address, master, broker, dataPort, others, machines, output });
    const about = { configuration, run, master: opened, broker, address, program };
    await resources?.begin((status) => describeRun(about, status));
    // A program that cannot be sent would wait for its servers forever
    if (configuration.servers.length > 0) await others.ready();
  } catch (error) {
    await resources?.end('in-progress');
    await others.close();
    await master?.stop({ by: 'error', error });
    await dataPort?.stop();
    await broker?.stop();
    await checkpoint?.close();
    throw error;
  }
  if (program !== undefined && canBeJoined(configuration, hasOthers)) {
    audit.emit({ type: 'join-command', command: joinCommand({ configuration, program, broker }) });
  }
  await farm?.begin();
  return { master, address, broker, dataPort, resources, farm, others, output, checkpoint };
}

/** A farm that follows the demand learns from the trail how long tasks take. */
function heard(audit: AuditSink, farm: () => Farm | undefined): AuditSink {
  return {
    emit: (event) => {
      farm()?.takeEvent(event);
      audit.emit(event);
    },
  };
}

/** Of `--servers` and of the farm file. */
async function readMachines(configuration: Configuration): Promise<readonly Machine[]> {
  return [...serverMachines(configuration.servers), ...(await readFarm(configuration))];
}

async function readFarm({ farm }: Configuration): Promise<readonly Machine[]> {
  if (farm === undefined) return [];
  const { readFarmFile } = await import('../../machines/farm/farm-file.js');
  try {
    return await readFarmFile(farm);
  } catch (error) {
    if (error instanceof MwError) throw error;
    return attempt('--farm', farm, () => {
      throw error;
    });
  }
}

/** By people who type a command line: they need a token that they know, or the resource file that holds one. */
function canBeJoined({ nats, resourceFile }: Configuration, hasOthers: boolean): boolean {
  return !hasOthers || nats.token !== undefined || nats.urls.length > 0 || resourceFile !== undefined;
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
