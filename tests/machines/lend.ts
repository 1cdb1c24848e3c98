/** Servers of a test in its own process, raw connections to them, and masters that lease slots by hand. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StandingServer, type StartServerOptions, startServer } from 'ts-mw';
import type { AuditEvent } from '../../src/audit/events.js';
import type { DialTls } from '../../src/machines/dial/connect.js';
import { Dialler } from '../../src/machines/dial/dialler.js';
import type { WaysOfMaster } from '../../src/machines/dial/link-messages.js';
import { ServerHost } from '../../src/machines/dial/server-host.js';
import { type ServerAuth, tokenAuth } from '../../src/machines/protocol/auth.js';

export interface LentServer {
  readonly server: StandingServer;
  readonly events: AuditEvent[];
  readonly folder: string;
  /** Folders of leases, and of their slaves. */
  work(): string[];
}

/** Starts a server with a folder of its own; both are gone after the body. */
export async function withServer(
  options: StartServerOptions,
  body: (lent: LentServer) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-lend-'));
  const events: AuditEvent[] = [];
  const server = await startServer('127.0.0.1', 0, {
    folder,
    ...options,
    onAudit: (event) => void events.push(event),
  });
  const work = (): string[] =>
    (readdirSync(join(folder, 'work'), { recursive: true }) as string[]).filter((name) => /LEASE/.test(name));
  try {
    await body({ server, events, folder, work });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface LeaseOptions {
  readonly script?: string | undefined;
  readonly token?: string | undefined;
  readonly auth?: ServerAuth | undefined;
  readonly tls?: DialTls | undefined;
  readonly slots?: number | undefined;
  readonly clientTimeoutMs?: number | undefined;
  readonly ways?: WaysOfMaster | undefined;
  readonly takeData?: ((stream: Socket) => void) | undefined;
  readonly args?: (ports: Readonly<Partial<Record<string, number>>>) => readonly string[];
}

export interface HandMadeMaster {
  readonly host: ServerHost;
  readonly granted: number[];
  readonly output: string[];
  /** How often it had to send its bundle. */
  readonly sent: number[];
}

/** A master that has nothing but a lease; `script` is what its slaves run. */
export function leaseOf(
  dialler: Dialler,
  port: number,
  { script = 'setInterval(() => {}, 1000)', token, auth, tls, slots, ...options }: LeaseOptions = {},
): HandMadeMaster {
  const bytes = Buffer.from(script);
  const granted: number[] = [];
  const output: string[] = [];
  const sent: number[] = [];
  const host = new ServerHost({
    target: { host: '127.0.0.1', port, tls },
    auth: auth ?? (token === undefined ? undefined : tokenAuth(token)),
    dialler,
    bundle: async () => ({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes }),
    request: { memberId: 'm', slots, clientTimeoutMs: options.clientTimeoutMs ?? 30_000, env: {}, files: {} },
    ways: options.ways ?? {},
    takeData: options.takeData,
    argsOf: options.args ?? (() => []),
    onGranted: (now) => void granted.push(now),
    onBundleSent: (size) => void sent.push(size),
    onRefused: () => {},
    onOutput: (to, text, from) =>
      void output.push(`${from?.pid === undefined ? 'no pid: ' : ''}${to} ${text}`),
  });
  return { host, granted, output, sent };
}

export async function withDialler(body: (dialler: Dialler) => Promise<void>): Promise<void> {
  const dialler = new Dialler();
  try {
    await body(dialler);
  } finally {
    await dialler.close();
  }
}

/** The answer of a server to these bytes until it closes the connection. */
export async function answerTo(port: number, bytes: Uint8Array | string): Promise<Buffer> {
  const socket: Socket = connect({ host: '127.0.0.1', port });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}
