/** The standing servers of `--servers`: a `ServerPlaces` for each. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { DataPort } from '../../broker/data-port.js';
import type { Broker } from '../../broker/start-broker.js';
import { hostAndPort } from '../../link/connection/broker-urls.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { ProgramBundle } from '../../machines/bundle/program-bundle.js';
import type { Dialler } from '../../machines/dial/dialler.js';
import { type ServerAuth, tokenAuth } from '../../machines/protocol/auth.js';
import type { Master } from '../../master/master.js';
import type { Configuration } from '../flags/configuration.js';
import type { ServerPlace } from '../flags/server-flags.js';
import type { OutputReader } from './output-reader.js';
import {
  FILES_OF_SERVER,
  remoteSlaveArguments,
  remoteSlaveFiles,
  remoteSlaveSecrets,
  waysOfMaster,
} from './remote-slaves.js';
import { ServerPlaces } from './server-places.js';

export interface StartServersParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  readonly master: Master;
  readonly address: BrokerAddress;
  readonly broker: Broker | undefined;
  readonly dataPort: Pick<DataPort, 'port' | 'take'> | undefined;
  /** That servers run. */
  readonly script: ProgramBundle;
  /** Undefined if output goes to the streams of the master as it comes. */
  readonly output: OutputReader | undefined;
  readonly dialler: Dialler;
  /** Instead of the token of the configuration. */
  readonly serverAuth?: ServerAuth | undefined;
  /** Slaves write no trail. */
  readonly isSilent: boolean;
}

export class MasterServers {
  readonly #servers: readonly ServerPlaces[];

  /** Begins to dial at once. Throws FlagError for a file of slaves that cannot be read. */
  constructor(params: StartServersParams) {
    const { configuration, audit, master, address, script, dialler, isSilent, dataPort } = params;
    const { servers, clientTimeoutMs, memberId } = configuration;
    const auth = serverAuthOf(params);
    const request = {
      memberId,
      clientTimeoutMs,
      env: remoteSlaveSecrets(address),
      files: remoteSlaveFiles(configuration),
    };
    this.#servers = servers.map(
      (place) =>
        new ServerPlaces({
          server: hostAndPort(place.host, place.port),
          audit,
          master,
          host: {
            target: targetOf(place, configuration),
            auth,
            dialler,
            bundle: async () => script,
            request,
            ways: waysOfMaster(params),
            takeData: dataPort && ((stream) => dataPort.take(stream)),
            argsOf: (ports) =>
              remoteSlaveArguments(configuration, { ports, filesFolder: FILES_OF_SERVER, isSilent }),
            onOutput: outputOf(hostAndPort(place.host, place.port), params),
          },
        }),
    );
  }

  beginEnding(): void {
    for (const server of this.#servers) server.beginEnding();
  }

  async end(leaving: ReadonlySet<number>): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.end(leaving)));
  }
}

/** How a master proves itself to servers; undefined if it has nothing for that. */
export function serverAuthOf({
  configuration: { serverToken },
  serverAuth,
}: Pick<StartServersParams, 'configuration' | 'serverAuth'>): ServerAuth | undefined {
  return serverAuth ?? (serverToken === undefined ? undefined : tokenAuth(serverToken));
}

/** Where the output of slaves of another machine goes. */
export function outputOf(
  machine: string,
  { output }: Pick<StartServersParams, 'output'>,
): (to: 'stdout' | 'stderr', text: string) => void {
  return output?.writerOf(machine) ?? ((to, text) => process[to].write(text));
}

export function targetOf({ host, port, encrypted }: ServerPlace, { tls }: Configuration) {
  const { ca, cert, key } = tls;
  return { host, port, tls: encrypted ? { ca, cert, key } : undefined };
}
