/** Starts the real nats-server on loopback, for the tests that must pass on it too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { freePort } from './free-port.js';
import { PATIENCE } from './patience.js';
import { until } from './programs.js';
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
  /** The permissions of clients that show no credentials; all others may do everything. */
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
  /** The text that it has logged since it was ready. */
  log(): string;
  /** May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Has it send its clients away and end, and waits for that. */
  retire(): Promise<void>;
  /** SIGSTOP; resolves when none of its threads runs any more. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): void;
  /** Ends the process, if it still runs, and starts another on the same port, with other options if they are given. */
  restart(changed?: NatsServerOptions): Promise<void>;
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

/** Registers the tests that need a nats-server; without one they are skipped by name. */
export function ifNatsServer(it: Registering): (name: string, body: () => void | Promise<void>) => void {
  return findNatsServer() === undefined ? (name) => it.skip(name, () => {}) : (name, body) => it(name, body);
}

/** A suite, or one turn of it. */
interface Registering {
  (name: string, body: () => void | Promise<void>): void;
  skip(name: string, body: () => void): void;
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = findNatsServer();
  if (program === undefined) throw new Error('there is no nats-server on PATH');
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'nats-server-'));
  const configuration = join(folder, 'nats.conf');
  const configure = (given: NatsServerOptions): void =>
    writeFileSync(configuration, configurationText(given));
  configure(options);
  let log = '';
  const run = async (): Promise<ChildProcess> => {
    const started = await startProcess(program, port, configuration);
    started.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    return started;
  };
  let child = await run().catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (hasEnded(running)) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };
  const kill = (): Promise<void> => end('SIGKILL');
  return {
    url: `${options.tls === undefined ? 'nats' : 'tls'}://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    log: () => log,
    kill,
    retire: () => end('SIGUSR2'),
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
    async freeze() {
      const { pid = 0 } = child;
      child.kill('SIGSTOP');
      await until('nats-server stands still', () => isStopped(pid));
    },
    thaw: () => void child.kill('SIGCONT'),
    async restart(changed) {
      await kill();
      if (changed !== undefined) configure(changed);
      child = await run();
    },
  };
}

function configurationText(options: NatsServerOptions): string {
  const { token, user, password, maxPayload, maxPending, tls, guests, more = [] } = options;
  const lines = [...more];
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

/** Resolves when the server says that it is ready; it listens at the port, whatever the configuration says. */
async function startProcess(program: string, port: number, configuration: string): Promise<ChildProcess> {
  const child = spawn(program, ['-a', '127.0.0.1', '-p', String(port), '-c', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
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

/** Where there is no /proc the signal is taken to have worked at once. */
function isStopped(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return true;
  return readdirSync(folder).every((thread) =>
    /\) T /.test(readFileSync(`${folder}/${thread}/stat`, 'latin1')),
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
