/** The commands `ts-mw server`, `ping` and `end-server`. */

import type { Argv } from 'yargs';
import { createAuditTrail, reopenOnHangup } from '../audit/audit-trail.js';
import { UsageError } from '../errors.js';
import { parseNatural, parseSeconds } from './flags/flag-values.js';
import { readTokenFile } from './flags/nats-flags.js';
import { parseServer, SERVER_TOKEN_VARIABLE } from './flags/server-flags.js';
import { readTlsFlags } from './flags/tls-flags.js';
import { endAtSignal, watchForInterruption } from './process/interruption.js';
import { packageVersion } from './process/versions.js';
import { endServer, openServer, ping, type ServerAccess } from './servers.js';

const TEXT = { type: 'string', requiresArg: true } as const;
const TOKEN = {
  'token-file': {
    ...TEXT,
    describe: `File that holds the token (mode 0600), which overrides ${SERVER_TOKEN_VARIABLE}`,
  },
  'tls-cert': { ...TEXT, describe: 'Certificate (PEM) to show' },
  'tls-key': { ...TEXT, describe: 'Private key (PEM) of --tls-cert' },
  insecure: { type: 'boolean', default: false, describe: 'Go without TLS beyond loopback' },
} as const;

const SERVER_FLAGS = {
  host: {
    ...TEXT,
    default: '127.0.0.1',
    describe: 'Address to listen on; beyond loopback it needs TLS and a proof',
  },
  port: { ...TEXT, default: '11111', describe: 'Port to listen on, 1 to 65535; 0 is any free one' },
  slots: { ...TEXT, describe: 'Slaves that run at once, 1 to 1024 [default: one per processor]' },
  name: { ...TEXT, describe: "Name for masters and people [default: the machine's]" },
  ...TOKEN,
  'tls-ca': {
    ...TEXT,
    describe: 'Authorities (PEM); masters must show a certificate that one of them has signed',
  },
  'allowed-users': { ...TEXT, describe: "Names in masters' certificates, with commas; others are refused" },
  folder: { ...TEXT, describe: 'Folder of bundles and of slaves [default: ~/.cache/ts-mw/server]' },
  'audit-file': { ...TEXT, describe: 'File to which the audit trail is appended [default: standard error]' },
  'audit-format': {
    ...TEXT,
    choices: ['text', 'json'] as const,
    default: 'text' as const,
    describe: 'Form of the trail',
  },
} as const;

const ASK_FLAGS = {
  ...TOKEN,
  'tls-ca': { ...TEXT, describe: "Authorities (PEM), one of which has signed the server's certificate" },
} as const;

export function addServerCommands(argv: Argv): Argv {
  return argv
    .command(
      'server',
      'Lend this machine: wait for masters, and run their slaves here',
      (command) => command.options(SERVER_FLAGS),
      (flags) => runServer(flags),
    )
    .command(
      'ping [server]',
      'Say whether a server answers; exits with 0 or 1',
      (command) =>
        command
          .positional('server', { type: 'string', describe: 'HOST:PORT, or tls://HOST:PORT' })
          .options({ ...ASK_FLAGS, timeout: { ...TEXT, default: '3', describe: 'Seconds to wait' } }),
      async ({ server, timeout, ...flags }) => {
        const { host, port, access } = placeOf('ping', server, flags);
        const answers = await ping(host, port, {
          ...access,
          timeout: parseSeconds('--timeout', timeout) / 1000,
        });
        process.stdout.write(
          `${host}:${port} ${answers ? 'answers' : `does not answer within ${timeout} s`}\n`,
        );
        process.exitCode = answers ? 0 : 1;
      },
    )
    .command(
      'end-server [server]',
      'Let a server take no new master, and close when the last one has gone',
      (command) =>
        command
          .positional('server', { type: 'string', describe: 'HOST:PORT, or tls://HOST:PORT' })
          .options(ASK_FLAGS),
      async ({ server, ...flags }) => {
        const { host, port, access } = placeOf('end-server', server, flags);
        await endServer(host, port, access);
        process.stdout.write(`${host}:${port} takes no new master\n`);
      },
    );
}

interface AccessFlags {
  readonly tokenFile?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly insecure: boolean;
}

interface ServerFlags extends AccessFlags {
  readonly host: string;
  readonly port: string;
  readonly slots?: string | undefined;
  readonly name?: string | undefined;
  readonly allowedUsers?: string | undefined;
  readonly folder?: string | undefined;
  readonly auditFile?: string | undefined;
  readonly auditFormat: 'text' | 'json';
}

async function runServer(flags: ServerFlags): Promise<void> {
  const { host, slots, name, folder, insecure, auditFile, auditFormat: format } = flags;
  const port = parseNatural('--port', flags.port, { from: 0, to: 65_535 }, '11111');
  const warnings: string[] = [];
  const { ca, cert, key } = tlsOf(flags, (warning) => warnings.push(warning));
  if (ca !== undefined && cert === undefined) {
    throw new UsageError('--tls-ca: expected --tls-cert and --tls-key too; type them, each with its FILE');
  }
  const token = tokenOf(flags, (warning) => warnings.push(warning));
  const trail = createAuditTrail({ file: auditFile, format });
  const stopReopening = reopenOnHangup(trail);
  const started = endAtSignal(trail);
  trail.emit({ type: 'version', version: packageVersion() });
  for (const text of warnings) trail.emit({ type: 'warning', text });
  const server = await openServer(
    host,
    port,
    {
      slots: slots === undefined ? undefined : parseNatural('--slots', slots, { from: 1, to: 1024 }, '4'),
      name,
      folder,
      insecure,
      token,
      tls: cert === undefined || key === undefined ? undefined : { cert, key, ca },
      allowedUsers: flags.allowedUsers?.split(',').map((user) => user.trim()),
    },
    trail,
  );
  started();
  const interruption = watchForInterruption(trail, ({ error }) => {
    trail.emit({
      type: 'error',
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  });
  const first = await Promise.race([server.ended, interruption.first]);
  await server.stop();
  const code = first === undefined ? 0 : first.by === 'signal' ? first.code : 255;
  interruption.end(code);
  stopReopening();
  await trail.close();
  process.exitCode = code;
}

function placeOf(
  command: string,
  text: string | undefined,
  flags: AccessFlags,
): { readonly host: string; readonly port: number; readonly access: ServerAccess } {
  if (text === undefined) {
    throw new UsageError(
      `expected a server, got none; type ts-mw ${command} HOST:PORT, such as 127.0.0.1:11111`,
    );
  }
  const { host, port, encrypted } = parseServer(`ts-mw ${command}`, text, flags.insecure);
  const warn = (warning: string): void => void process.stderr.write(`${warning}\n`);
  const { ca, cert, key } = tlsOf(flags, warn);
  const tls = encrypted || ca !== undefined ? { ca, cert, key } : undefined;
  return { host, port, access: { token: tokenOf(flags, warn), tls, insecure: flags.insecure } };
}

function tlsOf(flags: AccessFlags, warn: (warning: string) => void) {
  return readTlsFlags({
    value: (key) => flags[key as keyof AccessFlags] as string | undefined,
    verify: false,
    ownBroker: true,
    certificate: undefined,
    warn,
  });
}

function tokenOf({ tokenFile }: AccessFlags, warn: (warning: string) => void): string | undefined {
  const given = process.env[SERVER_TOKEN_VARIABLE] || undefined;
  delete process.env[SERVER_TOKEN_VARIABLE];
  return tokenFile === undefined ? given : readTokenFile('--token-file', tokenFile, warn);
}
