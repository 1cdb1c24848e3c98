/** Starts the local slaves of a master with the flags that they need, and reports their events. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Broker } from '../../broker/start-broker.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { Master } from '../../master/master.js';
import type { Configuration } from '../flags/configuration.js';
import { auditFileOfSlaves, slaveArguments } from '../flags/slave-arguments.js';
import type { GivenFlag } from '../flags/split-arguments.js';
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

/** Undefined if the program of slaves is not known. */
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

/** Their secrets come by the environment. */
export function localSlaveArguments(
  configuration: Configuration,
  broker: Pick<Broker, 'host' | 'port'> | undefined,
  slaveAuditFile?: string | undefined,
): string[] {
  const { nats, memberId, clientTimeoutMs } = configuration;
  const master: GivenFlag[] =
    broker === undefined
      ? nats.urls.map((url) => ({ key: 'natsUrl', value: url }))
      : [
          { key: 'masterHost', value: hostFromHere(broker.host) },
          { key: 'masterPort', value: String(broker.port) },
        ];
  // A local slave that finds no master has outlived it, or is started again by it.
  const patience: GivenFlag = { key: 'connectTimeout', value: String(clientTimeoutMs / 1000) };
  return slaveArguments(configuration, {
    place: [...master, { key: 'memberId', value: memberId }, patience],
    auditFile: slaveAuditFile ?? auditFileOfSlaves(configuration),
    proof: ({ key, value }) => (key === 'natsTokenFile' ? undefined : value),
    form: 'two-words',
  });
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
