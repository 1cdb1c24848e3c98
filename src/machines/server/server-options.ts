/** The options of a server, and their checks. */

import { availableParallelism, hostname } from 'node:os';
import type { AuditSink } from '../../audit/audit-trail.js';
import { UsageError } from '../../errors.js';
import { isLoopback } from '../../link/connection/broker-urls.js';
import { noAuth, type ServerAuth, tokenAuth } from '../protocol/auth.js';
import { MOST_SLOTS } from '../protocol/messages.js';
import { defaultFolder } from './own-folder.js';

/** The encryption of a server; PEM, all of them. */
export interface ServerTls {
  /** Its certificate, and those between it and its authority. */
  readonly cert: string;
  /** The private key of its certificate. */
  readonly key: string;
  /** Authorities of masters; if given, each master must show a certificate that one of them has signed. */
  readonly ca?: string | undefined;
}

/** A master that asks a server for something, as far as it is proved. */
export interface MasterIdentity {
  /** The name that its `auth` or its certificate (its common name) proves; undefined if neither names one. */
  readonly user: string | undefined;
  /** The SHA-256 of its certificate, as `AB:CD:…`; undefined without one. */
  readonly fingerprint: string | undefined;
  /** Its address, with the port. */
  readonly address: string;
  /** Its wish: `ping`, `end` or `lease`. */
  readonly purpose: 'ping' | 'end' | 'lease';
}

/** Options of `startServer`. */
export interface ServerOptions {
  /** Slaves that run at once, of all masters together, 1 to 1024; the number of processors. */
  readonly slots?: number | undefined;
  /** Its name for masters and people; the machine's. */
  readonly name?: string | undefined;
  /** A secret that masters must have too. It does not travel. */
  readonly token?: string | undefined;
  /** Encrypts; needed beyond loopback, unless `insecure`. */
  readonly tls?: ServerTls | undefined;
  /** Another way to prove oneself, instead of `token`. */
  readonly auth?: ServerAuth | undefined;
  /** Names of masters' certificates, or users of `auth`; others are refused. */
  readonly allowedUsers?: readonly string[] | undefined;
  /** Decides about each master that has proved itself, within ten seconds; if it throws, the master is refused. */
  readonly authorize?: ((identity: MasterIdentity) => boolean | Promise<boolean>) | undefined;
  /** Go without encryption beyond loopback, where others may listen; false. */
  readonly insecure?: boolean | undefined;
  /** The folder of bundles, and of slaves; `~/.cache/ts-mw/server`. */
  readonly folder?: string | undefined;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly slots: number;
  readonly name: string;
  readonly auth: ServerAuth;
  readonly tls: ServerTls | undefined;
  readonly allowedUsers: ReadonlySet<string> | undefined;
  readonly authorize: ServerOptions['authorize'];
  readonly folder: string;
  /** Any client that reaches it may use it. */
  readonly isOpen: boolean;
  readonly audit: AuditSink;
}

/** Throws UsageError for a server that would let strangers run code, or that contradicts itself. */
export function serverSettings(
  host: string,
  port: number,
  options: ServerOptions,
  audit: AuditSink,
): ServerSettings {
  const { token, auth, tls, allowedUsers, insecure = false, slots = availableParallelism() } = options;
  if (!Number.isSafeInteger(slots) || slots < 1 || slots > MOST_SLOTS) {
    throw new UsageError(`a server has from 1 to ${MOST_SLOTS} slots, got ${slots}; give --slots N`);
  }
  if (token !== undefined && auth !== undefined) {
    throw new UsageError('a server has either a token or an auth; leave one of them out');
  }
  if (tls !== undefined && (!tls.cert || !tls.key)) {
    throw new UsageError(
      'a server with TLS has a certificate and its key; give cert and key, or leave tls out',
    );
  }
  const proof = token === undefined ? (auth ?? noAuth) : tokenAuth(token);
  const isOpen = proof.method === noAuth.method && tls?.ca === undefined;
  if (!isLoopback(host)) {
    if (isOpen) {
      throw new UsageError(
        `anyone who reaches ${host} could run code here; give --token-file FILE, or --tls-ca FILE with --tls-cert and --tls-key, or listen on 127.0.0.1`,
      );
    }
    if (tls === undefined && !insecure) {
      throw new UsageError(
        `expected TLS on ${host}, which is not loopback; give --tls-cert FILE --tls-key FILE, or --insecure to go without`,
      );
    }
  }
  if (allowedUsers !== undefined && tls?.ca === undefined && (auth === undefined || auth.method === 'none')) {
    throw new UsageError(
      'allowed users are names in certificates, or users of an auth; give --tls-ca FILE with --tls-cert and --tls-key',
    );
  }
  return {
    host,
    port,
    slots,
    name: options.name ?? hostname(),
    auth: proof,
    tls,
    allowedUsers: allowedUsers === undefined ? undefined : new Set(allowedUsers),
    authorize: options.authorize,
    folder: options.folder ?? defaultFolder(),
    isOpen,
    audit,
  };
}
