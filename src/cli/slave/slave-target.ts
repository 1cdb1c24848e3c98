/** Decides where a slave looks for its master, from its flags and the present resource file. */

import { isIPv6 } from 'node:net';
import { withTls } from '../../link/connection/broker-urls.js';
import type { BrokerAddress, BrokerTrust } from '../../link/ports.js';
import type { Configuration, SlaveCoordinates } from '../flags/configuration.js';
import { demandsTls } from '../flags/tls-flags.js';
import type { BrokerOfFile } from '../resource-file/resource-file.js';

const DEFAULT_PORT = 4222;

/** The part of a resource file that a slave uses. */
export interface ResourceFileOfMaster {
  readonly 'computation-status': 'in-progress' | 'finished';
  readonly timestamp: string;
  readonly 'member-id': string;
  readonly nats: BrokerOfFile;
  readonly 'run-id': string;
}

export type SlaveTarget =
  | {
      readonly kind: 'connect';
      readonly broker: BrokerAddress;
      /** Of the first URL. */
      readonly host: string;
      readonly port: number;
      readonly memberId: string;
      /** Undefined without a file: any run of the member id will do. */
      readonly run: string | undefined;
      /** For the audit trail: the resource file is missing and is ignored. */
      readonly warning?: string | undefined;
    }
  /** The computation has ended: nothing to connect to, exit with 0. */
  | {
      readonly kind: 'finished';
      readonly memberId: string;
      readonly timestamp: string;
      readonly run: string;
    }
  /** Nothing to connect to yet; `message` says what is missing and what to do. */
  | { readonly kind: 'missing'; readonly message: string };

/**
 * `file` is the content of the resource file, undefined if there is none. The order for host, port and member
 * id: flags after `--resource-file`, then the file, then flags before it. For URLs and token: flags, for the
 * token then `TS_MW_TOKEN`, then the file.
 */
export function slaveTarget(
  configuration: Configuration,
  file: ResourceFileOfMaster | undefined,
): SlaveTarget {
  if (file?.['computation-status'] === 'finished') {
    const { timestamp, 'member-id': memberId, 'run-id': run } = file;
    return { kind: 'finished', memberId, timestamp, run };
  }
  return file === undefined || configuration.resourceFile === undefined
    ? withoutFile(configuration)
    : withFile(configuration, configuration.resourceFile, file);
}

function withFile(
  configuration: Configuration,
  { path, overrides }: NonNullable<Configuration['resourceFile']>,
  file: ResourceFileOfMaster,
): SlaveTarget {
  const memberId = overrides.memberId ?? file['member-id'];
  return connect(configuration, {
    urls: redirect(file.nats.urls, overrides),
    token: file.nats.token,
    trust: { ca: file.nats.ca, certificate: file.nats.certificate, resourceFile: path },
    memberId,
    // Another member id means another computation, whose run is not in the file.
    run: memberId === file['member-id'] ? file['run-id'] : undefined,
    missing: `resource file ${path} names no broker; type --master-host and --master-port after --resource-file`,
  });
}

function withoutFile(configuration: Configuration): SlaveTarget {
  const { resourceFile, masterHost, masterPort, memberId } = configuration;
  if (resourceFile === undefined) {
    return connect(configuration, {
      urls: masterPort === 0 ? [] : [urlOf('nats:', masterHost, masterPort)],
      memberId,
      missing: 'nothing says where the master is; type --resource-file, --master-port or --nats-url',
    });
  }
  const { path, overrides, fallback } = resourceFile;
  const host = overrides.masterHost ?? fallback.masterHost;
  const port = overrides.masterPort ?? fallback.masterPort;
  return connect(configuration, {
    urls: host === undefined || port === undefined ? [] : [urlOf('nats:', host, port)],
    memberId,
    warning: `resource file ${path} is missing and is ignored`,
    missing: `resource file ${path} is missing; start the master with it, or type --master-host and --master-port`,
  });
}

interface Found {
  readonly urls: readonly string[];
  readonly token?: string | undefined;
  /** Used if the flags name no authorities and the environment no certificate. */
  readonly trust?: BrokerTrust | undefined;
  readonly memberId: string;
  readonly run?: string | undefined;
  readonly warning?: string;
  /** The message if there is no URL, neither here nor among the flags. */
  readonly missing: string;
}

function connect({ nats, tls, insecure }: Configuration, found: Found): SlaveTarget {
  const { token, tokenFrom, urls: typed, ...others } = nats;
  const trust = trustOf(tls, found.trust);
  const known = typed.length > 0 ? typed : found.urls;
  const urls = demandsTls(trust) ? known.map(withTls) : known;
  const [first] = urls;
  const { hostname, port } = parsed(first) ?? {};
  if (first === undefined || hostname === undefined) return { kind: 'missing', message: found.missing };
  // Another way to authenticate was given, so the file's token is not used.
  const hasOther = [others.user, others.creds, others.nkeyFile].some((one) => one !== undefined);
  const ofFile = hasOther ? undefined : found.token;
  return {
    kind: 'connect',
    broker: {
      urls,
      token: token ?? ofFile,
      tokenFrom: tokenFrom ?? (ofFile === undefined ? undefined : 'resource-file'),
      ...others,
      tls: trust,
      insecure,
    },
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || DEFAULT_PORT),
    memberId: found.memberId,
    run: found.run,
    ...(found.warning === undefined ? {} : { warning: found.warning }),
  };
}

function trustOf(typed: BrokerTrust, file: BrokerTrust | undefined): BrokerTrust {
  const { ca, caFile, certificate, cert, key, certFile } = typed;
  const own = { cert, key, certFile };
  if (certificate !== undefined) return { certificate, ...own };
  if (ca !== undefined) return { ca, caFile, ...own };
  return { ...file, ...own };
}

/** A cluster shrinks to its first server: a host after the file stands for one way in, such as a tunnel. */
function redirect(urls: readonly string[], { masterHost, masterPort }: SlaveCoordinates): readonly string[] {
  if (masterHost === undefined && masterPort === undefined) return urls;
  const { protocol, hostname, port } = parsed(urls[0]) ?? {};
  const host = masterHost ?? hostname;
  if (host === undefined || (masterPort ?? hostname) === undefined) return [];
  return [urlOf(protocol ?? 'nats:', host, masterPort ?? Number(port || DEFAULT_PORT))];
}

function parsed(url: string | undefined): URL | undefined {
  if (url === undefined) return undefined;
  const full = url.includes('://') ? url : `nats://${url}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

function urlOf(protocol: string, host: string, port: number): string {
  return `${protocol}//${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
