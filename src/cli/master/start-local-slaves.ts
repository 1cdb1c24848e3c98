/** Starts the local slaves of a master with the flags that they need, and tells what becomes of them. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Broker } from '../../broker/start-broker.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { Master } from '../../master/master.js';
import type { Configuration } from '../flags/configuration.js';
import { hostFromHere } from '../process/reachable-hosts.js';
import { type LocalSlaveEvent, LocalSlaves } from './local-slaves.js';

interface StartLocalSlavesParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  readonly program: string | undefined;
  readonly slaveAuditFile?: string | undefined;
  readonly address: BrokerAddress;
  readonly master: Master;
  /** Undefined with a nats-server. */
  readonly broker: Broker | undefined;
}

/** Undefined where nobody knows what slaves would run. */
export function startLocalSlaves({
  configuration,
  audit,
  program,
  slaveAuditFile,
  address,
  master,
  broker,
}: StartLocalSlavesParams): LocalSlaves | undefined {
  if (program === undefined) return undefined;
  const locals = new LocalSlaves({
    count: configuration.slaves,
    program,
    args: localSlaveArguments(configuration, broker, slaveAuditFile),
    token: address.token,
    password: address.password,
    certificate: address.tls?.certificate,
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
  const {
    nats,
    memberId,
    auditFile,
    auditToStandardError,
    auditFormat,
    auditRotation: rotation,
    argv,
  } = configuration;
  const place =
    broker === undefined
      ? nats.urls.flatMap((url) => ['--nats-url', url])
      : ['--master-host', hostFromHere(broker.host), '--master-port', String(broker.port)];
  const credentials = [
    ...(nats.user === undefined ? [] : ['--nats-user', nats.user]),
    ...(nats.creds === undefined ? [] : ['--nats-creds', nats.creds]),
    ...(nats.nkeyFile === undefined ? [] : ['--nats-nkey-file', nats.nkeyFile]),
  ];
  const { caFile, certFile, keyFile, verify } = configuration.tls;
  if (broker === undefined && caFile !== undefined) credentials.push('--tls-ca', caFile);
  if (certFile !== undefined && keyFile !== undefined && (broker === undefined || verify)) {
    credentials.push('--tls-cert', certFile, '--tls-key', keyFile);
  }
  if (configuration.insecure) credentials.push('--insecure');
  const file = slaveAuditFile ?? (auditFile === undefined ? undefined : `${auditFile}.slaves`);
  const trail = file ?? (auditToStandardError ? '-' : undefined);
  const audit = trail === undefined ? [] : ['--audit-file', trail];
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
      const { pid, code, signal, error, stopped } = event;
      if (pid === undefined) {
        audit.emit({ type: 'local-slave-unstarted', index, reason: error?.message ?? 'unknown' });
        return;
      }
      const how = signal === null ? { code: code ?? undefined } : { signal };
      const note = stopped ? 'its master stopped it' : undefined;
      audit.emit({ type: 'local-slave-exited', index, pid, ...how, note });
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
