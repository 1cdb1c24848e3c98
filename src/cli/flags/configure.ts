/** Makes the configuration of a process of its command line, its program's defaults and its environment. */

import type { RotationSettings } from '../../audit/write/rotation.js';
import { FlagError } from '../../errors.js';
import { withTls } from '../../link/connection/broker-urls.js';
import { MOST_CONCURRENCY } from '../../wire/messages/messages.js';
import type { Configuration, SlaveCoordinates } from './configuration.js';
import { demandOf, localSlotsOf, MOST_LOCAL_SLAVES, MOST_SLAVES, warnOfNoMachine } from './demand-flags.js';
import { type FlagKey, flagName } from './flag-row.js';
import {
  AUDIT_FILE_BYTES,
  MESSAGE_BYTES,
  parseBytes,
  parseChoice,
  parseGroup,
  parseHost,
  parseListener,
  parseMemberId,
  parseNatsUrl,
  parseNatural,
  parseSeconds,
  parseText,
  SHARE_CACHE_BYTES,
  wrong,
} from './flag-values.js';
import { type NatsCredentials, readCredentials, readTokenFile, warnOfExposed } from './nats-flags.js';
import { givenByDefaults, isDisplaced } from './program-defaults.js';
import type { Flags } from './program-flags.js';
import { parseServers, SERVER_TOKEN_VARIABLE, type ServerPlace } from './server-flags.js';
import { isPassedOn } from './slave-arguments.js';
import type { GivenFlag } from './split-arguments.js';
import { CERTIFICATE_VARIABLE, demandsTls, readTlsFlags, type TlsSettings } from './tls-flags.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Beats come once per second; below this a single late one condemns a slave. */
const SHORT_CLIENT_TIMEOUT_MS = 3000;

interface CommandLine {
  readonly given: readonly GivenFlag[];
  readonly argv: readonly string[];
  /** A sentence for each of the program's arguments that is nearly one of our flags. */
  readonly mistyped: readonly string[];
}

export function configure(
  { given, argv, mistyped }: CommandLine,
  defaults: Flags,
  env: Environment,
): Configuration {
  const ofProgram = givenByDefaults(defaults);
  const role = roleOf(given) ?? roleOf(ofProgram);
  if (role === undefined) {
    throw new FlagError('--master', 'expected --master or --slave, got neither; type one of them, or --help');
  }
  const flags = [...ofProgram.filter(({ key }) => !isDisplaced(key, role, given)), ...given];
  const configuration = new Reader(role, flags, env).configuration(argv);
  const warnings = [...mistyped, ...warnOfExposed(given), ...configuration.warnings];
  return freeze({ ...configuration, warnings, mistyped });
}

function roleOf(flags: readonly GivenFlag[]): 'master' | 'slave' | undefined {
  // --repl is a master to which commands are typed, --farm-check one that only looks at its machines
  const master = flags.some(({ key }) => key === 'master' || key === 'repl' || key === 'farmCheck');
  const slave = flags.some(({ key }) => key === 'slave');
  if (master && slave) {
    throw new FlagError('--master', 'expected one role, got --slave too; type --master or --slave');
  }
  return master ? 'master' : slave ? 'slave' : undefined;
}

/** Reads one process's flags; a later one overrides an earlier one of the same name. */
class Reader {
  readonly #role: 'master' | 'slave';
  readonly #flags: readonly GivenFlag[];
  readonly #env: Environment;
  readonly #warnings: string[] = [];

  constructor(role: 'master' | 'slave', flags: readonly GivenFlag[], env: Environment) {
    this.#role = role;
    this.#flags = flags;
    this.#env = env;
  }

  configuration(argv: readonly string[]): Omit<Configuration, 'mistyped'> {
    const tls = this.#tls();
    const urls = this.#urls(tls);
    const resourceFile = this.#resourceFile();
    const coordinates = this.#coordinates(this.#flags);
    this.#checkReachable(coordinates, urls);
    const connectTimeoutMs = this.#read('connectTimeout', secondsOrForEver) ?? 30_000;
    return {
      role: this.#role,
      memberId: coordinates.memberId ?? 'default-member-id',
      masterHost: coordinates.masterHost ?? '127.0.0.1',
      masterPort: coordinates.masterPort ?? 0,
      resourceFile,
      resourceFileUpdateIntervalMs: this.#read('resourceFileUpdateInterval', parseSeconds) ?? 300_000,
      slaveTaskGroup: this.#read('slaveTaskGroup', parseGroup) ?? 'auto',
      slaveResultGroup: this.#read('slaveResultGroup', parseGroup) ?? 'auto',
      auditFile: this.#auditFile(),
      auditToStandardError: this.#last('auditFile') === STANDARD_ERROR,
      auditFormat: this.#read('auditFormat', formatOf) ?? 'text',
      auditRotation: this.#auditRotation(),
      auditRuns: this.#has('auditRuns'),
      clientTimeoutMs: this.#clientTimeoutMs(),
      connectTimeoutMs,
      ...this.#farm(),
      servers: this.#servers(),
      serverToken: this.#serverToken(),
      slaveConcurrency: this.#read('slaveConcurrency', concurrencyOf) ?? 1,
      shareCache: this.#read('shareCache', shareCacheOf) ?? 512 * 1024 * 1024,
      slaveExecutable: this.#read('slaveExecutable', pathOf),
      nats: { urls, ...this.#credentials(urls) },
      tls,
      insecure: this.#has('insecure'),
      dataPort: this.#dataPort(urls, coordinates.masterPort),
      maxMessageBytes: this.#read('maxMessageSize', messageBytesOf) ?? 256 * 1024 * 1024,
      allowVersionSkew: this.#has('allowVersionSkew'),
      backupTasks: this.#has('backupTasks'),
      shareCopies: !this.#has('noShareCopies'),
      strict: this.#has('strict'),
      progress: this.#read('progress', progressOf) ?? 'auto',
      forwardOutput: this.#read('forwardOutput', forwardingOf) ?? 'auto',
      dashboard: this.#dashboard(),
      metrics: this.#read('metrics', (name, text) => parseListener(name, text, '127.0.0.1')),
      metricsFile: this.#read('metricsFile', metricsFileOf),
      checkpoint: this.#role === 'master' ? this.#read('checkpoint', folderOf) : undefined,
      forSlaves: this.#role === 'master' ? this.#flags.filter(isPassedOn) : [],
      argv,
      warnings: this.#warnings,
    };
  }

  #has(key: FlagKey): boolean {
    return this.#flags.some((flag) => flag.key === key);
  }

  #last(key: FlagKey, flags = this.#flags): string | undefined {
    const value = flags.findLast((flag) => flag.key === key)?.value;
    return value === true ? undefined : value;
  }

  #read<T>(key: FlagKey, parse: (name: string, text: string) => T, flags = this.#flags): T | undefined {
    const text = this.#last(key, flags);
    return text === undefined ? undefined : parse(flagName(key), text);
  }

  #coordinates(flags: readonly GivenFlag[]): SlaveCoordinates {
    const from = this.#role === 'slave' ? 1 : 0;
    return {
      masterHost: this.#read('masterHost', parseHost, flags),
      masterPort: this.#read(
        'masterPort',
        (name, text) => parseNatural(name, text, { from, to: 65535 }, '4222'),
        flags,
      ),
      memberId: this.#read('memberId', parseMemberId, flags),
    };
  }

  #resourceFile(): Configuration['resourceFile'] {
    const path = this.#read('resourceFile', pathOf);
    if (path === undefined) return undefined;
    const at = this.#flags.findLastIndex(({ key }) => key === 'resourceFile');
    return {
      path,
      overrides: this.#coordinates(this.#flags.slice(at + 1)),
      fallback: this.#coordinates(this.#flags.slice(0, at)),
    };
  }

  #tls(): TlsSettings {
    const isMaster = this.#role === 'master';
    return readTlsFlags({
      value: (key) => this.#last(key),
      verify: isMaster && this.#has('tlsVerify'),
      ownBroker: isMaster && !this.#has('natsUrl'),
      certificate: isMaster ? undefined : this.#env[CERTIFICATE_VARIABLE],
      warn: (warning) => this.#warnings.push(warning),
    });
  }

  #urls(tls: TlsSettings): readonly string[] {
    const texts = this.#flags.filter(({ key }) => key === 'natsUrl').map(({ value }) => String(value));
    const urls = texts.map((text) => parseNatsUrl('--nats-url', text));
    return [...new Set(demandsTls(tls) ? urls.map(withTls) : urls)];
  }

  #checkReachable({ masterHost, masterPort }: SlaveCoordinates, urls: readonly string[]): void {
    if (urls.length > 0 && (masterHost !== undefined || masterPort !== undefined)) {
      const came = masterPort === undefined ? '--master-host' : '--master-port';
      throw new FlagError(came, 'expected either it or --nats-url, got both; type only one of the two');
    }
    const hasFile = this.#last('resourceFile') !== undefined;
    if (this.#role === 'slave' && !hasFile && urls.length === 0 && masterPort === undefined) {
      throw new FlagError(
        '--slave',
        'expected a way to find the master, got none; type --resource-file FILE, --master-port PORT or --nats-url URL',
      );
    }
  }

  #dataPort(urls: readonly string[], masterPort: number | undefined): Configuration['dataPort'] {
    const port = this.#read('dataPort', (name, text) =>
      parseNatural(name, text, { from: 1, to: 65535 }, '4223'),
    );
    const none = this.#has('noDataPort');
    if (port !== undefined && none) {
      throw new FlagError(
        '--data-port',
        'expected either it or --no-data-port, got both; type only one of the two',
      );
    }
    if (port !== undefined && this.#role === 'master' && urls.length > 0) {
      throw new FlagError(
        '--data-port',
        'expected the broker inside the master, got --nats-url; leave one of the two out',
      );
    }
    if (port !== undefined && port === masterPort && this.#role === 'master') {
      throw new FlagError(
        '--data-port',
        `expected another port than that of --master-port, got ${port} for both; type another one, or leave it out`,
      );
    }
    return none ? 'none' : port;
  }

  #credentials(urls: readonly string[]): NatsCredentials {
    const warn = (warning: string) => this.#warnings.push(warning);
    const credentials = readCredentials((key) => this.#last(key), this.#env, warn);
    const { creds, nkeyFile, user } = credentials;
    const foreign = creds ? '--nats-creds' : nkeyFile ? '--nats-nkey-file' : user ? '--nats-user' : undefined;
    if (foreign !== undefined && this.#role === 'master' && urls.length === 0) {
      throw new FlagError(
        foreign,
        'expected --nats-url too, but it is missing; type it, or --nats-token-file FILE for the broker inside the master',
      );
    }
    return credentials;
  }

  #dashboard(): Configuration['dashboard'] {
    const control = this.#has('dashboardControl');
    const showValues = this.#has('dashboardShowValues');
    if (!this.#has('dashboard')) {
      const alone = control ? '--dashboard-control' : showValues ? '--dashboard-show-values' : undefined;
      if (alone === undefined) return undefined;
      throw new FlagError(alone, 'expected --dashboard too, but it is missing; type it, or leave this out');
    }
    const place = this.#read('dashboard', (name, text) => parseListener(name, text, '127.0.0.1'));
    return { ...(place ?? { host: '127.0.0.1', port: 0 }), control, showValues };
  }

  #auditFile(): string | undefined {
    const file = this.#read('auditFile', pathOf);
    return file === STANDARD_ERROR ? undefined : file;
  }

  #auditRotation(): RotationSettings | undefined {
    const keep = this.#read('auditKeep', (name, text) =>
      parseNatural(name, text, { from: 1, to: 1000 }, '5'),
    );
    const maxBytes = this.#read('auditMaxSize', auditBytesOf);
    if (maxBytes === undefined) return undefined;
    if (this.#auditFile() === undefined) {
      throw new FlagError(
        '--audit-max-size',
        'expected --audit-file too, but it is missing; type --audit-file FILE, or leave this out',
      );
    }
    return { maxBytes, keep: keep ?? 5 };
  }

  #servers(): readonly ServerPlace[] {
    const texts = this.#flags.filter(({ key }) => key === 'servers').map(({ value }) => String(value));
    if (texts.length > 0 && this.#role === 'slave') {
      throw new FlagError('--servers', 'expected on a master only, got --slave; type it with --master');
    }
    if (texts.length > 0 && this.#has('tlsVerify')) {
      throw new FlagError(
        '--tls-verify',
        'slaves of --servers have no certificate, and the key of the broker is not sent to them; leave one of the two out',
      );
    }
    return parseServers(texts, this.#has('insecure'));
  }

  #serverToken(): string | undefined {
    if (this.#role === 'slave') return undefined;
    const path = this.#read('serverTokenFile', pathOf);
    if (path === undefined) return this.#env[SERVER_TOKEN_VARIABLE] || undefined;
    return readTokenFile('--server-token-file', path, (warning) => this.#warnings.push(warning));
  }

  #clientTimeoutMs(): number {
    const timeoutMs = this.#read('clientTimeout', parseSeconds) ?? 30_000;
    if (timeoutMs < SHORT_CLIENT_TIMEOUT_MS) {
      this.#warnings.push(
        '--client-timeout: slaves send a sign of life each second; below 3 seconds, a late one loses a slave',
      );
    }
    return timeoutMs;
  }

  #slaves(): number | undefined {
    const slaves = this.#read('slaves', (name, text) =>
      parseNatural(name, text, { from: 0, to: MOST_LOCAL_SLAVES }, '2'),
    );
    if (slaves !== undefined && this.#role === 'slave') {
      throw new FlagError('--slaves', 'expected on a master only, got --slave; type it with --master');
    }
    return slaves;
  }

  #farm(): Pick<Configuration, 'slaves' | 'farm' | 'demand'> {
    const slaves = this.#slaves();
    if (this.#role === 'slave') return { slaves: 0, farm: undefined, demand: undefined };
    const number = (key: FlagKey, from: number) =>
      this.#read(key, (name, text) => parseNatural(name, text, { from, to: MOST_SLAVES }, '8'));
    const farm = this.#read('farm', pathOf);
    const given = {
      slaves,
      hasFarm: farm !== undefined,
      minSlaves: number('minSlaves', 0),
      maxSlaves: number('maxSlaves', 1),
      finishWithinMs: this.#read('finishWithin', parseSeconds),
    };
    const warning = warnOfNoMachine(given);
    if (warning !== undefined) this.#warnings.push(warning);
    return { slaves: localSlotsOf(given), farm, demand: demandOf(given) };
  }
}

/** A collector reads no other files. */
const METRICS_ENDING = '.prom';

/** As the name of the audit file. */
const STANDARD_ERROR = '-';

const pathOf = (name: string, text: string) => parseText(name, text, 'FILE');
const folderOf = (name: string, text: string) => parseText(name, text, 'DIR');
const formatOf = (name: string, text: string) => parseChoice(name, text, ['text', 'json']);
const metricsFileOf = (name: string, text: string) => {
  if (text.length > METRICS_ENDING.length && text.endsWith(METRICS_ENDING)) return pathOf(name, text);
  throw wrong(name, `the name of a file that ends in ${METRICS_ENDING}`, text, '/var/lib/metrics/ts-mw.prom');
};
const progressOf = (name: string, text: string) => parseChoice(name, text, ['auto', 'line', 'log', 'off']);
const forwardingOf = (name: string, text: string) => parseChoice(name, text, ['auto', 'on', 'off']);
const messageBytesOf = (name: string, text: string) => parseBytes(name, text, MESSAGE_BYTES);
const shareCacheOf = (name: string, text: string) => parseBytes(name, text, SHARE_CACHE_BYTES);
const concurrencyOf = (name: string, text: string) =>
  parseNatural(name, text, { from: 1, to: MOST_CONCURRENCY }, '100');
const auditBytesOf = (name: string, text: string) => parseBytes(name, text, AUDIT_FILE_BYTES);
const secondsOrForEver = (name: string, text: string) =>
  parseSeconds(name, text, 'forever') || Number.POSITIVE_INFINITY;

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner);
  }
  return Object.freeze(value);
}
