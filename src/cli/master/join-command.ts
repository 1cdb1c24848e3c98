/** The command line that starts a slave of a master in another shell, as the master tells it. */

import { basename, isAbsolute, relative } from 'node:path';
import { withTls } from '../../link/connection/broker-urls.js';
import { shellWords } from '../batch/shell-quote.js';
import type { Configuration } from '../flags/configuration.js';
import { programCommand } from '../process/one-executable.js';
import { hostsFromElsewhere } from '../process/reachable-hosts.js';

interface JoinCommandParams {
  readonly configuration: Configuration;
  readonly program: string;
  /** Where the broker inside the master listens; undefined with a nats-server. */
  readonly broker: { readonly host: string; readonly port: number } | undefined;
  readonly directory?: string | undefined;
}

/** For a shell in this folder. Secrets are left out: `FILE` stands for what the user has to name. */
export function joinCommand({
  configuration,
  program,
  broker,
  directory = process.cwd(),
}: JoinCommandParams): string {
  const { argv, slaveConcurrency } = configuration;
  return shellWords([
    ...programCommand(program).map((word) => nearName(word, directory)),
    '--slave',
    ...placeOf(configuration, broker),
    ...(configuration.insecure ? ['--insecure'] : []),
    ...(slaveConcurrency === 1 ? [] : ['--slave-concurrency', String(slaveConcurrency)]),
    ...(argv.length === 0 ? [] : ['--', ...argv]),
  ]);
}

function placeOf(
  { resourceFile, memberId, nats, tls }: Configuration,
  broker: JoinCommandParams['broker'],
): string[] {
  if (resourceFile !== undefined) return ['--resource-file', resourceFile.path, ...certificateOf(tls)];
  const member = memberId === 'default-member-id' ? [] : ['--member-id', memberId];
  if (broker === undefined) {
    return [
      ...nats.urls.flatMap((url) => ['--nats-url', tls.caFile === undefined ? url : withTls(url)]),
      ...(nats.user === undefined ? [] : ['--nats-user', nats.user]),
      ...(nats.creds === undefined ? [] : ['--nats-creds', nats.creds]),
      ...(nats.nkeyFile === undefined ? [] : ['--nats-nkey-file', nats.nkeyFile]),
      ...tokenOf(nats),
      ...(tls.caFile === undefined ? [] : ['--tls-ca', tls.caFile]),
      ...(tls.certFile === undefined ? [] : ['--tls-cert', 'FILE', '--tls-key', 'FILE']),
      ...member,
    ];
  }
  const [host = broker.host] = hostsFromElsewhere(broker.host);
  return [
    ...(host === '127.0.0.1' ? [] : ['--master-host', host]),
    '--master-port',
    String(broker.port),
    ...tokenOf(nats),
    ...(tls.certFile === undefined ? [] : ['--tls-ca', 'FILE']),
    ...certificateOf(tls),
    ...member,
  ];
}

function tokenOf({ token }: Configuration['nats']): string[] {
  return token === undefined ? [] : ['--nats-token-file', 'FILE'];
}

/** A slave's own, where the broker asks for one. */
function certificateOf({ verify }: Configuration['tls']): string[] {
  return verify ? ['--tls-cert', 'FILE', '--tls-key', 'FILE'] : [];
}

/** As it is typed: `node`, and a path from this folder if it is in it. */
function nearName(word: string, directory: string): string {
  if (word === process.execPath && /^node(\.exe)?$/.test(basename(word))) return 'node';
  if (!isAbsolute(word)) return word;
  const near = relative(directory, word);
  return near.startsWith('..') || isAbsolute(near) ? word : near;
}
