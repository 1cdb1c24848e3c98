/** The command line that starts a slave of a master in another shell, as the master prints it. */

import { basename, isAbsolute, relative } from 'node:path';
import { shellWords } from '../../machines/shell-quote.js';
import type { Configuration } from '../flags/configuration.js';
import { slaveArguments } from '../flags/slave-arguments.js';
import type { GivenFlag } from '../flags/split-arguments.js';
import { programCommand } from '../process/one-executable.js';
import { hostsFromElsewhere } from '../process/reachable-hosts.js';

interface JoinCommandParams {
  readonly configuration: Configuration;
  readonly program: string;
  /** The address of the broker inside the master; undefined with a nats-server. */
  readonly broker: { readonly host: string; readonly port: number } | undefined;
  readonly directory?: string | undefined;
}

/** For a shell in this folder. Secrets are left out: `FILE` stands for the file that the user must name. */
export function joinCommand({
  configuration,
  program,
  broker,
  directory = process.cwd(),
}: JoinCommandParams): string {
  return shellWords([
    ...programCommand(program).map((word) => nearName(word, directory)),
    ...slaveArguments(configuration, {
      place: placeOf(configuration, broker),
      proof: (flag) => proofOf(flag, configuration),
      isTyped: true,
      form: 'two-words',
    }),
  ]);
}

/** Stands for what the user has to name. */
const FILE = 'FILE';

function placeOf(configuration: Configuration, broker: JoinCommandParams['broker']): GivenFlag[] {
  const { resourceFile, memberId, nats, tls } = configuration;
  if (resourceFile !== undefined) return [{ key: 'resourceFile', value: resourceFile.path }];
  const place: GivenFlag[] = nats.urls.map((url) => ({ key: 'natsUrl', value: url }));
  if (broker !== undefined) {
    const [host = broker.host] = hostsFromElsewhere(broker.host);
    if (host !== '127.0.0.1') place.push({ key: 'masterHost', value: host });
    place.push({ key: 'masterPort', value: String(broker.port) });
    if (tls.certFile !== undefined) place.push({ key: 'tlsCa', value: FILE });
  }
  // Wherever it came from
  if (nats.token !== undefined) place.push({ key: 'natsTokenFile', value: FILE });
  if (memberId !== 'default-member-id') place.push({ key: 'memberId', value: memberId });
  return place;
}

/** The resource file holds token and authorities; a certificate is a slave's own. */
function proofOf({ key, value }: GivenFlag, { resourceFile }: Configuration): GivenFlag['value'] | undefined {
  if (key === 'natsTokenFile' || (key === 'tlsCa' && resourceFile !== undefined)) return undefined;
  return key === 'tlsCert' || key === 'tlsKey' ? FILE : value;
}

/** As people type it: `node`, and a path from this folder if it is in it. */
function nearName(word: string, directory: string): string {
  if (word === process.execPath && /^node(\.exe)?$/.test(basename(word))) return 'node';
  if (!isAbsolute(word)) return word;
  const near = relative(directory, word);
  return near.startsWith('..') || isAbsolute(near) ? word : near;
}
