/** The arguments of a master's local slaves, and what the trail says of them. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Broker } from '../../broker/start-broker.js';
import { describeEnd, STOPPED } from '../../machines/farm/describe-end.js';
import type { PlaceEvent } from '../../machines/slave-places.js';
import type { Master } from '../../master/master.js';
import { auditFileOfSlaves } from '../flags/audit-file-of-slaves.js';
import type { Configuration } from '../flags/configuration.js';
import { slaveArguments } from '../flags/slave-arguments.js';
import type { GivenFlag } from '../flags/split-arguments.js';
import { hostFromHere } from '../process/reachable-hosts.js';

/** Their secrets come by the environment. `pathOf` names a file of the master's folder from theirs. */
export function localSlaveArguments(
  configuration: Configuration,
  broker: Pick<Broker, 'host' | 'port'> | undefined,
  slaveAuditFile?: string | undefined,
  pathOf: (path: string) => string = (path) => path,
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
  const auditFile = slaveAuditFile ?? auditFileOfSlaves(configuration);
  return slaveArguments(configuration, {
    place: [...master, { key: 'memberId', value: memberId }, patience],
    auditFile: auditFile === undefined || auditFile === '-' ? auditFile : pathOf(auditFile),
    proof: ({ key, value }) => {
      if (key === 'natsTokenFile') return undefined;
      return value === true || key === 'natsUser' ? value : pathOf(value);
    },
    form: 'two-words',
  });
}

export function tellLocalSlave(
  event: PlaceEvent,
  audit: AuditSink,
  master: Pick<Master, 'processGone'>,
): void {
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
      const note = stopped ? STOPPED : undefined;
      audit.emit({ type: 'local-slave-exited', index, pid, ...how, note });
      master.processGone(pid, `process ${describeEnd({ code, signal, stopped })}`);
      return;
    }
    case 'restarting':
      audit.emit({ type: 'local-slave-restarting', index, backoffMs: event.delayMs });
      return;
    default:
      event satisfies never;
  }
}
