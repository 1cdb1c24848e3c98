/** Standing servers (lfarm-server): starting one in this process, and asking one that runs. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditListener, AuditSink } from '../audit/audit-trail.js';
import { createListenedTrail } from '../audit/memory-trail.js';
import { JoinError } from '../errors.js';
import { isLoopback } from '../link/connection/broker-urls.js';
import type { ServerTarget } from '../machines/dial/connect.js';
import { type ServerAuth, tokenAuth } from '../machines/protocol/auth.js';
import { checkServerCall } from '../machines/protocol/check-server-options.js';
import { ServerRefusal } from '../machines/protocol/server-refusal.js';
import type { ServerOptions } from '../machines/server/server-options.js';
import { DEFAULT_SERVER_PORT } from './flags/server-flags.js';

/** Options of `startServer`. */
export interface StartServerOptions extends ServerOptions {
  /** Gets every audit event of the server, with its time in milliseconds, as it happens. */
  readonly onAudit?: AuditListener | undefined;
}

/** A standing server in this process. */
export interface StandingServer extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** Slaves that may run at once. */
  readonly slots: number;
  /** Those of them that no master has. */
  readonly freeSlots: number;
  /** Resolves when it has closed: after `stop()`, or after `endServer` when its last master has gone. */
  readonly ended: Promise<void>;
  /** Takes no new master; it closes when the last one that it has is gone. */
  endSoon(): void;
  /** Ends what its masters have there, and closes. May be called twice. */
  stop(): Promise<void>;
}

/** Options by which a master, or `ping` and `endServer`, reach a server. */
export interface ServerAccess {
  /** The token of the server. */
  readonly token?: string | undefined;
  /** Another way to prove oneself, instead of `token`. */
  readonly auth?: ServerAuth | undefined;
  /** Speaks TLS, with authorities to trust, and a certificate to show, in PEM; by default beyond loopback. */
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
      }
    | undefined;
  /** Go without TLS beyond loopback, where others may listen; false. */
  readonly insecure?: boolean | undefined;
}

/** Options of `ping`. */
export interface PingOptions extends ServerAccess {
  /** Seconds to wait for an answer; 3. */
  readonly timeout?: number | undefined;
}

const PING_EVERY_MS = 100;
const ACCESS_OPTIONS = ['token', 'auth', 'tls', 'insecure'] as const satisfies (keyof ServerAccess)[];
const SERVER_OPTIONS = [
  ...ACCESS_OPTIONS,
  ...(['slots', 'name', 'allowedUsers', 'authorize', 'folder', 'onAudit'] as const),
] as const satisfies (keyof StartServerOptions)[];

/**
 * Starts a standing server in this process: masters dial it and run their slaves here, each in a process and an empty
 * folder of its own, which are gone with their master. It runs the code of any master that may use it, as this user: without a token,
 * an `auth` or client certificates it serves loopback only, and beyond it needs TLS, or `insecure`.
 *
 * While this program computes without awaiting, its masters hear nothing of the server, and give it up after their
 * `--client-timeout`; `npx ts-mw server` is a process of its own. Throws UsageError for options that contradict each
 * other, MwError if it cannot listen.
 *
 * @example
 * const server = await startServer('127.0.0.1', 11111, { slots: 4, token });
 * await server.ended;
 */
export async function startServer(
  host = '127.0.0.1',
  port: number = DEFAULT_SERVER_PORT,
  options: StartServerOptions = {},
): Promise<StandingServer> {
  checkServerCall('startServer', { host, port, options }, SERVER_OPTIONS);
  const { onAudit, ...own } = options;
  const trail = createListenedTrail();
  if (onAudit !== undefined) trail.onEvent(onAudit);
  return openServer(host, port, own, trail);
}

/** The same with a trail of its own. */
export async function openServer(
  host: string,
  port: number,
  options: ServerOptions,
  audit: AuditSink,
): Promise<StandingServer> {
  const { serverSettings, Server } = await import('../machines/server/open-server.js');
  const server = await Server.open(serverSettings(host, port, options, audit));
  const stop = (): Promise<void> => server.stop();
  return {
    port: server.port,
    slots: server.slots,
    get freeSlots() {
      return server.freeSlots;
    },
    ended: server.ended,
    endSoon: () => server.endSoon(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Whether a server answers within the timeout (lfarm's ping); it is dialled until then. Throws JoinError if it answers and
 * refuses us, or proves nothing.
 */
export async function ping(
  host: string,
  port: number = DEFAULT_SERVER_PORT,
  options: PingOptions = {},
): Promise<boolean> {
  checkServerCall('ping', { host, port, options }, [...ACCESS_OPTIONS, 'timeout']);
  const { timeout = 3, ...access } = options;
  const deadline = performance.now() + timeout * 1000;
  const { askServer } = await import('../machines/dial/ask-server.js');
  for (;;) {
    try {
      await askServer(targetOf(host, port, access), 'ping', authOf(access), deadline - performance.now());
      return true;
    } catch (error) {
      if (error instanceof ServerRefusal) throw refusedBy(host, port, error);
      if (!(error instanceof JoinError)) throw error;
      if (performance.now() + PING_EVERY_MS >= deadline) return false;
      await sleep(PING_EVERY_MS);
    }
  }
}

/**
 * Ends a server (lfarm's end-server): it takes no new master, and closes when the last one that it has is gone. Throws
 * JoinError if it does not answer, or refuses us.
 */
export async function endServer(
  host: string,
  port: number = DEFAULT_SERVER_PORT,
  access: ServerAccess = {},
): Promise<void> {
  checkServerCall('endServer', { host, port, options: access }, ACCESS_OPTIONS);
  const { askServer } = await import('../machines/dial/ask-server.js');
  try {
    await askServer(targetOf(host, port, access), 'end', authOf(access));
  } catch (error) {
    throw error instanceof JoinError ? refusedBy(host, port, error) : error;
  }
}

function refusedBy(host: string, port: number, error: JoinError): JoinError {
  return new JoinError(`server ${host}:${port}: ${error.message}`, { cause: error });
}

function targetOf(host: string, port: number, { tls, insecure = false }: ServerAccess): ServerTarget {
  return { host, port, tls: tls ?? (isLoopback(host) || insecure ? undefined : {}) };
}

function authOf({ token, auth }: ServerAccess): ServerAuth | undefined {
  return auth ?? (token === undefined ? undefined : tokenAuth(token));
}
