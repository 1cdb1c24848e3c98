/** Masters and slaves inside another process: for tests, a REPL, an application. */

import { devNull } from 'node:os';
import { enterMaster } from '../algorithms/submitter-context.js';
import type { AuditListener, AuditTrail } from '../audit/audit-trail.js';
import { JoinError, UsageError } from '../errors.js';
import type { Master } from '../master/master.js';
import type { MasterHandle } from '../master/program/master-handle.js';
import { checkOptionsObject } from '../structures/check-options.js';
import type { MasterOptions, SlaveAlgorithm } from './define-program.js';
import type { Configuration } from './flags/configuration.js';
import { parseFlags } from './flags/parse-command.js';
import type { Flags } from './flags/program-flags.js';
import { MasterThreads } from './master/master-threads.js';
import type { RunningMaster } from './master/run-master.js';
import { checkProgramOptions } from './process/program-options.js';
import { hostFromHere } from './process/reachable-hosts.js';
import { openTrail } from './trail/open-trail.js';
import { openWatch } from './watch/open-watch.js';
import type { MasterWatch } from './watch/watch-params.js';

/**
 * Options of `master()`: the flags in camelCase, and what a command line cannot give. Without `onAudit` and without
 * `auditFile`, the trail is silent.
 */
export interface EmbeddedMasterOptions extends Flags, MasterOptions {
  /** The file that local slaves run; needed when `slaves` is above 0. */
  readonly program?: string | undefined;
}

/** Options of `slave()`: the flags in camelCase, and what a command line cannot give. */
export interface EmbeddedSlaveOptions extends Flags, Pick<EmbeddedMasterOptions, 'onAudit'> {
  /** The slave algorithm; `slaveLoopSimple` by default. */
  readonly algorithm?: SlaveAlgorithm | undefined;
}

/** A master in this process: its handle and its lifetime. */
export interface EmbeddedMaster extends MasterHandle, AsyncDisposable {
  /** The port for slaves; 0 if the broker is not its own. */
  readonly masterPort: number;
  /**
   * Runs a master algorithm whose stubs speak to this master, even if other masters live in the process.
   * Throws StoppedError when the master has ended.
   */
  run<T>(algorithm: (master: MasterHandle) => T): T;
  /**
   * Tells the slaves to shut down and ends the master: everything that waits for it throws StoppedError. May
   * be called twice. With `strict` it rejects at the end if tasks were pending or results untaken.
   */
  stop(): Promise<void>;
}

/** A slave in this process. */
export interface EmbeddedSlave extends AsyncDisposable {
  /** Resolves with the return value of the slave algorithm; 255 if its master was lost or refused it. */
  readonly finished: Promise<unknown>;
  /** Leaves the master; may be called twice. */
  stop(): Promise<void>;
}

const brokers = new WeakMap<EmbeddedMaster, RunningMaster>();

/**
 * Starts a master in this process, which it never ends. Flags are as on the command line, in camelCase.
 * Throws FlagError, and JoinError if its broker is not available.
 *
 * @example
 * await using mw = await master();
 * await using worker = await slave(mw);
 * console.log(await mw.run(() => hello.future('World')));
 */
export async function master(options: EmbeddedMasterOptions = {}): Promise<EmbeddedMaster> {
  checkOptionsObject('master()', options, ['slaves', 'program', 'onAudit', '…']);
  checkProgramOptions('master()', options);
  const { program, onAudit, authorizeSlave, serverAuth, ...flags } = options;
  if (serverAuth !== undefined && flags.serverTokenFile !== undefined) {
    throw new UsageError('master() takes either serverAuth or serverTokenFile; leave one of them out');
  }
  const configuration = configurationOf({ ...flags, master: true });
  const audit = auditOf(configuration, onAudit);
  const threads = new MasterThreads(configuration);
  let watch: MasterWatch | undefined;
  let running: RunningMaster;
  try {
    const { RunningMaster } = await import('./master/run-master.js');
    watch = await openWatch({
      configuration,
      trail: audit,
      place: 'embedded',
      hasNotices: false,
      // The program has its `dashboardUrl`
      say: () => {},
    });
    running = await RunningMaster.start({
      configuration,
      audit,
      threads,
      program,
      authorizeSlave,
      serverAuth,
      dashboardUrl: watch.dashboardUrl,
      // Where the trail is silent, that of local slaves is too
      slaveAuditFile: configuration.auditFile === undefined ? devNull : undefined,
    });
    watch.begin(running);
  } catch (error) {
    await threads.end();
    await watch?.end();
    await audit.close();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await running.end({ by: 'stop' });
    await watch?.end();
    await audit.close();
    if (configuration.strict && running.leftBehind !== undefined) throw running.handle.signal.reason;
  };
  const embedded = Object.create(running.handle, {
    masterPort: { value: running.port, enumerable: true },
    run: {
      value: <T>(algorithm: (master: MasterHandle) => T) => {
        running.handle.signal.throwIfAborted();
        return enterMaster(running.master, () => algorithm(embedded));
      },
    },
    stop: { value: stop },
    [Symbol.asyncDispose]: { value: stop },
  }) as EmbeddedMaster;
  brokers.set(embedded, running);
  return embedded;
}

/**
 * Starts a slave in this process, which it never ends, and resolves when it has joined. Its master is an
 * embedded one, the port of one on this machine, or a resource file. Throws JoinError when it cannot join.
 */
export async function slave(
  where: EmbeddedMaster | number | string,
  options: EmbeddedSlaveOptions = {},
): Promise<EmbeddedSlave> {
  checkOptionsObject('slave()', options, ['algorithm', 'onAudit', '…']);
  checkProgramOptions('slave()', { algorithm: options.algorithm, onAudit: options.onAudit });
  const { algorithm, onAudit, ...flags } = options;
  const configuration = joining(where, configurationOf({ ...flagsFor(where), ...flags, slave: true }));
  const heard: string[] = [];
  const audit = auditOf(configuration, (event, timeMs) => {
    if (event.type === 'refused-by-master') heard.push(event.reason);
    if (event.type === 'master-not-found' && event.reason !== undefined) heard.push(event.reason);
    onAudit?.(event, timeMs);
  });
  const abort = new AbortController();
  const { createSlave } = await import('./slave/run-slave.js');
  const running = createSlave({ configuration, audit, algorithm, mayKill: false, signal: abort.signal });
  const finished = running.run().finally(() => audit.close());
  const joined = await Promise.race([running.joined.then(() => true), finished.then(() => false)]);
  if (!joined) {
    throw new JoinError(`the slave could not join: ${heard.at(-1) ?? 'no master was found'}`);
  }
  const stop = async (): Promise<void> => {
    abort.abort();
    await finished.catch(() => undefined);
  };
  finished.catch(() => undefined);
  return { finished, stop, [Symbol.asyncDispose]: stop };
}

/** The master behind an embedded one. */
export function masterOf(embedded: EmbeddedMaster): Master {
  return (brokers.get(embedded) as RunningMaster).master;
}

function flagsFor(where: EmbeddedMaster | number | string): Flags {
  if (typeof where === 'number') return { masterPort: where };
  if (typeof where === 'string') return { resourceFile: where };
  const running = brokers.get(where);
  if (running === undefined) {
    throw new UsageError('slave() takes what master() returned, a port, or the path of a resource file');
  }
  const { configuration } = running.params;
  const { memberId, nats, insecure } = configuration;
  const { token } = running.address;
  if (running.port === 0) {
    const { urls: natsUrl, user, password, creds, nkeyFile } = nats;
    return {
      memberId,
      natsUrl,
      insecure,
      natsToken: token,
      natsUser: user,
      natsPassword: password,
      natsCreds: creds,
      natsNkeyFile: nkeyFile,
    };
  }
  return {
    memberId,
    masterHost: hostFromHere(configuration.masterHost),
    masterPort: running.port,
    natsToken: token,
    insecure,
  };
}

/** A master in this process is recognised by its certificate, for which there is no flag. */
function joining(where: EmbeddedMaster | number | string, configuration: Configuration): Configuration {
  const tls = typeof where === 'object' ? brokers.get(where)?.address.tls : undefined;
  return tls === undefined ? configuration : { ...configuration, tls: { ...configuration.tls, ...tls } };
}

function configurationOf(flags: Flags): Configuration {
  const command = parseFlags([], flags);
  if (command.kind !== 'run')
    throw new UsageError('help, version, repl and printBatch are for the command line');
  return command.configuration;
}

function auditOf(configuration: Configuration, onAudit: AuditListener | undefined): AuditTrail {
  const trail = openTrail(configuration, 'listeners-only');
  if (onAudit !== undefined) trail.onEvent(onAudit);
  return trail;
}
