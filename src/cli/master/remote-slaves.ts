/** The data with which other machines start slaves of a master: their arguments, their secrets, and the files that these name. */

import { devNull } from 'node:os';
import { isatty } from 'node:tty';
import type { Broker } from '../../broker/start-broker.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { WaysOfMaster } from '../../machines/dial/link-messages.js';
import type { Way } from '../../machines/protocol/messages.js';
import type { Configuration } from '../flags/configuration.js';
import { flagName } from '../flags/flag-row.js';
import { readNamedFile } from '../flags/named-file.js';
import { slaveArguments } from '../flags/slave-arguments.js';
import type { GivenFlag } from '../flags/split-arguments.js';
import { hostFromHere } from '../process/reachable-hosts.js';
import { slaveSecrets } from './spawn-slave.js';

const STDERR = 2;
/** From the folder of a slave on a server. */
export const FILES_OF_SERVER = '../files';
const NAMED_FILES: ReadonlySet<string> = new Set<GivenFlag['key']>([
  'tlsCert',
  'tlsKey',
  'tlsCa',
  'natsCreds',
  'natsNkeyFile',
]);

interface BrokerPorts {
  readonly broker: Pick<Broker, 'host' | 'port'> | undefined;
  readonly dataPort: { readonly port: number } | undefined;
}

/** None with a nats-server: slaves reach it themselves. */
export function waysOfMaster({ broker, dataPort }: BrokerPorts): WaysOfMaster {
  if (broker === undefined) return {};
  const host = hostFromHere(broker.host);
  return {
    broker: { host, port: broker.port },
    ...(dataPort === undefined ? {} : { data: { host, port: dataPort.port } }),
  };
}

interface RemoteSurroundings {
  /** Ports of its machine that lead to the master. */
  readonly ports: Readonly<Partial<Record<Way, number>>>;
  readonly filesFolder: string;
  /** It writes no trail. */
  readonly isSilent: boolean;
}

/** As those of local slaves, but that the master is at ports of the slave's machine. */
export function remoteSlaveArguments(
  configuration: Configuration,
  { ports, filesFolder, isSilent }: RemoteSurroundings,
): string[] {
  const { nats, memberId, clientTimeoutMs } = configuration;
  const master: GivenFlag[] =
    ports.broker === undefined
      ? nats.urls.map((url) => ({ key: 'natsUrl', value: url }))
      : [
          { key: 'masterHost', value: '127.0.0.1' },
          { key: 'masterPort', value: String(ports.broker) },
        ];
  if (ports.data !== undefined) master.push({ key: 'dataPort', value: String(ports.data) });
  const patience: GivenFlag = { key: 'connectTimeout', value: String(clientTimeoutMs / 1000) };
  return slaveArguments(configuration, {
    place: [...master, { key: 'memberId', value: memberId }, patience],
    auditFile: isSilent || !isTrailShown(configuration) ? devNull : '-',
    proof: ({ key, value }) => {
      if (key === 'natsTokenFile') return undefined;
      return NAMED_FILES.has(key) ? `${filesFolder}/${key}` : value;
    },
    form: 'two-words',
  });
}

/** The output of a slave there comes to the master's own: a trail only where the master's own is. */
function isTrailShown({ auditFile, auditToStandardError }: Configuration): boolean {
  return auditToStandardError || (auditFile === undefined && !isatty(STDERR));
}

export function remoteSlaveSecrets({ token, password, tls }: BrokerAddress): Record<string, string> {
  const secrets = slaveSecrets({ token, password, certificate: tls?.certificate });
  return Object.fromEntries(
    Object.entries(secrets).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The files that the arguments of slaves name, and no others: a broker's own key stays where it is. */
export function remoteSlaveFiles(configuration: Configuration): Record<string, string> {
  const surroundings = { ports: {}, filesFolder: FILES_OF_SERVER, isSilent: true };
  const args = remoteSlaveArguments(configuration, surroundings);
  const named = configuration.forSlaves.filter(
    ({ key, value }) => NAMED_FILES.has(key) && value !== true && args.includes(`${FILES_OF_SERVER}/${key}`),
  );
  return Object.fromEntries(
    named.map(({ key, value }) => [key, readNamedFile(flagName(key), String(value))]),
  );
}
