/** Starts the real nats-server on loopback, for the tests that must pass on it too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { PATIENCE } from './patience.js';
import { certificateFile, keyFile } from './tls-files.js';

const START_TIMEOUT_MS = 10_000 * PATIENCE;

export interface NatsServerOptions {
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly port?: number | undefined;
  readonly maxPayload?: number | undefined;
  /** Bytes that a client may leave unread. */
  readonly maxPending?: number | undefined;
  readonly tls?: TlsOfBroker | undefined;
  /** What clients that show no credentials may do; all others may do everything. */
  readonly guests?:
    | { readonly mayPublish: readonly string[]; readonly mayHear: readonly string[] }
    | undefined;
  /** Further lines of its configuration. */
  readonly more?: readonly string[] | undefined;
}

/** The broker's certificate among tests/fixtures/tls, and whether clients must have one that `ca` has signed. */
export interface TlsOfBroker {
  readonly name: 'broker' | 'elsewhere' | 'expired' | 'future' | 'self';
  readonly verify?: boolean | undefined;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** What it has logged since it was ready. */
  log(): string;
  /** May be called twice. */
  stop(): Promise<void>;
  /** Sends a signal, and waits for the end if that is SIGKILL or SIGTERM. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Has it send its clients away and end, and waits for that. */
  retire(): Promise<void>;
  /** Ends the process, if it still runs, and starts another on the same port. */
  restart(): Promise<void>;
}

/** Where the program is, on PATH or among the system's own; with REQUIRE_NATS_SERVER=1 it must be there. */
export function findNatsServer(): string | undefined {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    const file = join(folder, 'nats-server');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not there: the next folder
    }
  }
  if (process.env.REQUIRE_NATS_SERVER === '1')
    throw new Error('REQUIRE_NATS_SERVER is 1, and there is no nats-server on PATH');
  return undefined;
}

/** `more` are further lines of its configuration file. */
export async function startNatsServer(
  options: NatsServerOptions = {},
  more: readonly string[] = [],
): Promise<NatsServer> {
  const program = findNatsServer();
  if (program === undefined) throw new Error('there is no nats-server on PATH');
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'nats-server-'));
  const configuration = join(folder, 'nats.conf');
  writeFileSync(configuration, [configurationText(options, port), ...more, ''].join('\n'));
  let log = '';
  const run = async (): Promise<ChildProcess> => {
    const started = await startProcess(program, configuration);
    started.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    return started;
  };
  let child = await run().catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (hasEnded(running)) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended;
  };
  return {
    url: `${options.tls === undefined ? 'nats' : 'tls'}://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    log: () => log,
    kill,
    async retire() {
      const running = child;
      if (hasEnded(running)) return;
      const ended = once(running, 'exit');
      running.kill('SIGUSR2');
      await ended;
    },
    async stop() {
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
    async restart() {
      await kill('SIGKILL');
      child = await run();
    },
  };
}

function configurationText(options: NatsServerOptions, port: number): string {
  const { token, user, password, maxPayload, maxPending, tls, guests, more = [] } = options;
  const lines = ['host: "127.0.0.1"', `port: ${port}`, ...more];
  if (token !== undefined) lines.push(`authorization { token: ${JSON.stringify(token)} }`);
  if (user !== undefined)
    lines.push(
      `authorization { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password ?? '')} }`,
    );
  if (guests !== undefined) {
    const rights = `publish: ${JSON.stringify(guests.mayPublish)}, subscribe: ${JSON.stringify(guests.mayHear)}`;
    lines.push(`authorization { users: [{ user: guest, password: g, permissions: { ${rights} } }] }`);
    lines.push('no_auth_user: guest');
  }
  if (maxPayload !== undefined) lines.push(`max_payload: ${maxPayload}`);
  if (maxPending !== undefined) lines.push(`max_pending: ${maxPending}`);
  if (tls !== undefined) {
    const files = [
      ['cert_file', certificateFile(tls.name)],
      ['key_file', keyFile(tls.name)],
    ];
    if (tls.verify) files.push(['ca_file', certificateFile('ca')]);
    const settings = files.map(([key, file]) => `${key}: ${JSON.stringify(file)}`);
    lines.push(`tls { ${settings.join(', ')}, verify: ${tls.verify === true}, timeout: 5 }`);
  }
  return `${lines.join('\n')}\n`;
}

/** Resolves when the server says that it is ready. */
async function startProcess(program: string, configuration: string): Promise<ChildProcess> {
  const child = spawn(program, ['-c', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new Error(`nats-server ${why}: ${said}`));
    };
    const timer = setTimeout(() => fail('was not ready in time'), START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', (code) => fail(`ended with code ${code}`));
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('Server is ready')) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.stderr?.removeAllListeners('data');
      resolve();
    });
  });
  return child;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
