/** The content of a master's resource file, and the connection to the broker of an earlier master in it. */

import { resolve } from 'node:path';
import type { AuditSink } from '../../audit/audit-trail.js';
import { thisProcess } from '../../audit/write/file-owner.js';
import type { Broker } from '../../broker/start-broker.js';
import { withTls } from '../../link/connection/broker-urls.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { Master } from '../../master/master.js';
import type { Configuration } from '../flags/configuration.js';
import { slaveFlags } from '../flags/slave-arguments.js';
import { hostsFromElsewhere, natsUrl } from '../process/reachable-hosts.js';
import type { ResourceFile } from './resource-file.js';
import { ResourceWriter } from './resource-writer.js';

/** Undefined without `--resource-file`. */
export function openResourceFile(
  configuration: Configuration,
  run: string,
  audit: AuditSink,
): ResourceWriter | undefined {
  if (configuration.resourceFile === undefined) return undefined;
  return new ResourceWriter({
    path: configuration.resourceFile.path,
    intervalMs: configuration.resourceFileUpdateIntervalMs,
    run,
    audit,
    reach: (file) => addressOf(file, configuration),
  });
}

/** Sends our own credentials only to brokers that we would use anyway. */
function addressOf({ nats: file }: ResourceFile, { nats, tls, insecure }: Configuration): BrokerAddress {
  const { urls, token } = file;
  const { cert, key } = tls;
  const trust = { ca: file.ca ?? tls.ca, certificate: file.certificate, cert, key };
  if (token !== undefined) return { urls, token, tls: trust, insecure };
  const isOurs = urls.every((url) => nats.urls.includes(url));
  return { ...(isOurs ? nats : {}), urls, tls: trust, insecure };
}

interface RunOfFile {
  readonly configuration: Configuration;
  readonly run: string;
  readonly master: Pick<Master, 'slavesNeeded'>;
  readonly broker: Pick<Broker, 'host' | 'port'> | undefined;
  readonly address: BrokerAddress;
  /** The file that slaves run. */
  readonly program: string | undefined;
}

/** The present content of the file. */
export function describeRun(
  { configuration, run, master, broker, address, program }: RunOfFile,
  status: ResourceFile['computation-status'],
): ResourceFile {
  const { token, tls } = address;
  return {
    'computation-status': status,
    timestamp: new Date().toISOString(),
    'member-id': configuration.memberId,
    'update-interval': configuration.resourceFileUpdateIntervalMs / 1000,
    'slaves-needed': master.slavesNeeded,
    'slave-executable': configuration.slaveExecutable ?? program ?? process.execPath,
    'slave-arguments': slaveFlags(configuration, {
      place: [{ key: 'resourceFile', value: resolve(configuration.resourceFile?.path ?? '') }],
      // An overseer may start slaves on other machines, with credentials and folders of their own
      proof: () => undefined,
      form: 'two-words',
    }),
    nats: {
      urls: urlsFromElsewhere(broker, address),
      ...(token === undefined ? {} : { token }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.certificate === undefined ? {} : { certificate: tls.certificate }),
    },
    'run-id': run,
    'master-process': thisProcess(),
  };
}

function urlsFromElsewhere(broker: RunOfFile['broker'], address: BrokerAddress): readonly string[] {
  if (broker === undefined) return address.urls;
  return hostsFromElsewhere(broker.host)
    .map((host) => natsUrl(host, broker.port))
    .map((url) => (address.tls === undefined ? url : withTls(url)));
}
