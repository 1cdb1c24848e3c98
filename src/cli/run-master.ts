/**
 * Runs a master from its configuration: the broker if it has its own, the resource file, local slaves,
 * and all of it down again in the right order.
 */

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { listAlgorithms } from '../algorithms/registry.js';
import type { AlgorithmDefinition } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import type { BrokerEvent } from '../broker/options.js';
import { type Broker, startBroker } from '../broker/start-broker.js';
import { FlagError, UsageError } from '../errors.js';
import type { BrokerAddress } from '../link/ports.js';
import type { CheckpointStore } from '../master/checkpoint-store.js';
import { Master } from '../master/master.js';
import type { MasterHandle } from '../master/master-handle.js';
import { openCheckpoint } from '../master/open-checkpoint.js';
import { ResourceWriter } from '../master/resource-writer.js';
import type { ResourceFile } from '../wire/resource-file.js';
import type { Configuration } from './configuration.js';
import { type LocalSlaveEvent, LocalSlaves } from './local-slaves.js';
import { hostFromHere, hostsFromElsewhere, natsUrl } from './reachable-hosts.js';

export interface RunMasterParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  /** The file that slaves run; needed for local slaves and named in the resource file. */
  readonly program: string | undefined;
  /** Where local slaves write their audit trail; beside the master's, or on standard error, by default. */
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
  readonly #resources: ResourceWriter | undefined;
  readonly #locals: LocalSlaves | undefined;
  readonly #checkpoint: CheckpointStore | undefined;
  #ended: Promise<void> | undefined;

  private constructor(parts: {
    params: RunMasterParams;
    master: Master;
    address: BrokerAddress;
    broker: Broker | undefined;
    resources: ResourceWriter | undefined;
    locals: LocalSlaves | undefined;
    checkpoint: CheckpointStore | undefined;
  }) {
    this.params = parts.params;
    this.master = parts.master;
    this.handle = parts.master.handle;
    this.address = parts.address;
    this.#broker = parts.broker;
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
    const checkpoint = await openStore(configuration, algorithms, audit);
    let broker: Broker | undefined;
    let address: BrokerAddress;
    let master: Master;
    const run = randomBytes(8).toString('hex');
    try {
      ({ broker, address } = await openBroker(configuration, audit));
      master = await Master.open({
        run,
        address,
        broker: broker === undefined ? 'external' : 'embedded',
        memberId: configuration.memberId,
        algorithms,
        store: checkpoint,
        taskGroup: configuration.slaveTaskGroup,
        resultGroup: configuration.slaveResultGroup,
        maxMessageBytes: configuration.maxMessageBytes,
        clientTimeoutMs: configuration.clientTimeoutMs,
        allowVersionSkew: configuration.allowVersionSkew,
        audit,
        argv: configuration.argv,
      });
    } catch (error) {
      await broker?.stop();
      await checkpoint?.close();
      throw error;
    }
    const resources = openResourceFile({ params, address, run, master, broker });
    await resources?.update();
    const locals = startLocalSlaves({ params, address, master, broker });
    return new RunningMaster({ params, master, address, broker, resources, locals, checkpoint });
  }

  /** Ends everything; `finished` says whether the master algorithm came to its end. May be called twice. */
  end(finished: boolean): Promise<void> {
    this.#ended ??= this.#end(finished);
    return this.#ended;
  }

  async #end(finished: boolean): Promise<void> {
    const { audit, configuration } = this.params;
    this.#locals?.beginEnding();
    await this.#resources?.end(finished ? 'finished' : 'in-progress');
    await this.master.stop();
    await this.#locals?.end(this.master.leavingPids);
    await this.#broker?.stop();
    await this.#checkpoint?.close();
    audit.emit({ type: 'master-finished', memberId: configuration.memberId });
  }

  /** Starts one more local slave; returns its pid, undefined if it could not be started. */
  addSlave(): number | undefined {
    if (this.#locals === undefined) throw new UsageError('this master does not know what its slaves run');
    return this.#locals.add();
  }

  /** Kills a local slave, which is not started again; false if it is none of this master. */
  killSlave(pid: number): boolean {
    return this.#locals?.kill(pid) ?? false;
  }

  /** For a process that ends this instant. */
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

async function openBroker(
  { nats, masterHost, masterPort, resourceFile }: Configuration,
  audit: AuditSink,
): Promise<{ broker: Broker | undefined; address: BrokerAddress }> {
  if (nats.urls.length > 0) return { broker: undefined, address: nats };
  const open = isLoopback(masterHost) && resourceFile === undefined;
  if (!isLoopback(masterHost) && resourceFile === undefined && nats.token === undefined) {
    throw new FlagError(
      '--master-host',
      `slaves elsewhere need a token to reach ${masterHost}; give --nats-token-file, or --resource-file for one made anew`,
    );
  }
  const token = nats.token ?? (open ? undefined : randomBytes(24).toString('base64url'));
  const broker = await startBroker({ host: masterHost, port: masterPort, ...(token ? { token } : {}) });
  broker.onEvent((event) => tellBrokerEvent(event, audit));
  audit.emit({ type: 'broker-ready', broker: 'embedded', url: broker.url });
  if (token === undefined) audit.emit({ type: 'no-token', url: broker.url });
  return { broker, address: { urls: [natsUrl(hostFromHere(broker.host), broker.port)], token } };
}

function tellBrokerEvent(event: BrokerEvent, audit: AuditSink): void {
  switch (event.type) {
    case 'auth-failed':
      audit.emit({
        type: 'auth-failed',
        address: event.address,
        reason: event.reason ?? 'wrong credentials',
      });
      return;
    case 'client-closed':
      audit.emit({ type: 'broker-client-closed', address: event.address, reason: event.reason ?? 'closed' });
      return;
    case 'crashed':
      audit.emit({ type: 'error', text: `the broker ended: ${event.error}` });
      return;
    case 'client-connected':
      return;
    default:
      event satisfies never;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function openResourceFile({
  params: { configuration, audit, program },
  address,
  run,
  master,
  broker,
}: {
  params: RunMasterParams;
  address: BrokerAddress;
  run: string;
  master: Master;
  broker: Broker | undefined;
}): ResourceWriter | undefined {
  if (configuration.resourceFile === undefined) return undefined;
  const { path } = configuration.resourceFile;
  const urls =
    broker === undefined
      ? address.urls
      : hostsFromElsewhere(broker.host).map((host) => natsUrl(host, broker.port));
  const describe = (status: ResourceFile['computation-status']): ResourceFile => ({
    'computation-status': status,
    timestamp: new Date().toISOString(),
    'member-id': configuration.memberId,
    'update-interval': configuration.resourceFileUpdateIntervalMs / 1000,
    'slaves-needed': master.slavesNeeded,
    'slave-executable': configuration.slaveExecutable ?? program ?? process.execPath,
    'slave-arguments': ['--slave', '--resource-file', resolve(path)],
    nats: { urls, ...(address.token === undefined ? {} : { token: address.token }) },
    'run-id': run,
  });
  return new ResourceWriter({
    path,
    intervalMs: configuration.resourceFileUpdateIntervalMs,
    audit,
    describe,
  });
}

function startLocalSlaves({
  params: { configuration, audit, program, slaveAuditFile },
  address,
  master,
  broker,
}: {
  params: RunMasterParams;
  address: BrokerAddress;
  master: Master;
  broker: Broker | undefined;
}): LocalSlaves | undefined {
  if (program === undefined) return undefined;
  const locals = new LocalSlaves({
    count: configuration.slaves,
    program,
    args: localSlaveArguments(configuration, broker, slaveAuditFile),
    token: address.token,
    password: address.password,
    onEvent: (event) => tellLocalSlave(event, audit, master),
  });
  locals.start();
  return locals;
}

function localSlaveArguments(
  configuration: Configuration,
  broker: Broker | undefined,
  slaveAuditFile: string | undefined,
): string[] {
  const { nats, memberId, auditFile, auditFormat, auditRotation: rotation, argv } = configuration;
  const place =
    broker === undefined
      ? nats.urls.flatMap((url) => ['--nats-url', url])
      : ['--master-host', hostFromHere(broker.host), '--master-port', String(broker.port)];
  const credentials = [
    ...(nats.user === undefined ? [] : ['--nats-user', nats.user]),
    ...(nats.creds === undefined ? [] : ['--nats-creds', nats.creds]),
  ];
  const file = slaveAuditFile ?? (auditFile === undefined ? undefined : `${auditFile}.slaves`);
  const audit = file === undefined ? [] : ['--audit-file', file];
  if (rotation !== undefined) {
    audit.push('--audit-max-size', String(rotation.maxBytes), '--audit-keep', String(rotation.keep));
  }
  return [
    '--slave',
    ...place,
    ...credentials,
    `--member-id=${memberId}`,
    ...audit,
    '--audit-format',
    auditFormat,
    '--client-timeout',
    String(configuration.clientTimeoutMs / 1000),
    // One that finds no master has outlived it, or is started again by it.
    '--connect-timeout',
    String(configuration.clientTimeoutMs / 1000),
    '--slave-concurrency',
    String(configuration.slaveConcurrency),
    '--',
    ...argv,
  ];
}

function tellLocalSlave(event: LocalSlaveEvent, audit: AuditSink, master: Master): void {
  const index = event.number - 1;
  switch (event.type) {
    case 'started':
      audit.emit({ type: 'local-slave-started', index, pid: event.pid });
      return;
    case 'exited': {
      const { pid, code, signal, error } = event;
      if (pid === undefined) {
        audit.emit({ type: 'local-slave-unstarted', index, reason: error?.message ?? 'unknown' });
        return;
      }
      const how = signal === null ? { code: code ?? undefined } : { signal };
      audit.emit({ type: 'local-slave-exited', index, pid, ...how });
      master.processGone(
        pid,
        signal === null ? `process exited with code ${code}` : `process ended by ${signal}`,
      );
      return;
    }
    case 'restarting':
      audit.emit({ type: 'local-slave-restarting', index, backoffMs: event.delayMs });
      return;
    default:
      event satisfies never;
  }
}
