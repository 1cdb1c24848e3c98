/** The table of all flags: name, group, default and description; parsing and `--help` both read it. */

import type { Flags } from './program-flags.js';

export type FlagKey = keyof Flags;

export type FlagGroup =
  | 'Role:'
  | 'Tools:'
  | 'Master:'
  | 'Slaves:'
  | 'Groups:'
  | 'Audit:'
  | 'Broker (NATS):'
  | 'Timeouts:';

/** A program cannot give them: they are for who types a command line. */
export const TYPED_ONLY_KEYS = [
  'help',
  'version',
  'repl',
  'printBatch',
  'printNatsConfig',
  'natsConfigUsers',
  'auditReport',
  'html',
  'auditVerify',
] as const;

export type TypedOnlyKey = (typeof TYPED_ONLY_KEYS)[number];

export interface FlagRow {
  readonly key: FlagKey | TypedOnlyKey;
  /** As typed, with the dashes. */
  readonly name: string;
  readonly group: FlagGroup;
  readonly takesValue: boolean;
  /** What stands behind the name in texts: what its value is, or in brackets a word that may be left out. */
  readonly placeholder: string | undefined;
  readonly describe: string;
  readonly byDefault?: string | undefined;
}

const row = (
  key: FlagRow['key'],
  group: FlagGroup,
  placeholder: string | undefined,
  describe: string,
  byDefault?: string,
): FlagRow => ({
  key,
  name: flagName(key),
  group,
  takesValue: placeholder !== undefined && !placeholder.startsWith('['),
  placeholder,
  describe,
  byDefault,
});

export const FLAG_ROWS: readonly FlagRow[] = [
  row('master', 'Role:', undefined, 'Be the master of the computation'),
  row('slave', 'Role:', undefined, 'Be one of its slaves'),
  row('memberId', 'Role:', 'NAME', 'Name that master and slaves share', 'default-member-id'),
  row(
    'resourceFile',
    'Role:',
    'FILE',
    'File that the master writes and slaves read to find it. On a slave it overrides --master-host, ' +
      '--master-port and --member-id before it; those after it override the file',
  ),
  row('help', 'Role:', '[all]', 'Print the flags that are needed first, or all, and exit'),
  row('version', 'Role:', undefined, 'Print the versions and exit'),

  row(
    'repl',
    'Tools:',
    undefined,
    "Be a master that is driven from Node's REPL; --slaves says with how many local slaves it begins",
  ),
  row(
    'printBatch',
    'Tools:',
    'SYSTEM',
    'Print the submit file of a batch system for this master and its slaves, and exit: condor, slurm, ' +
      'kubernetes or systemd. --slaves says how many jobs slaves are, 10 without it',
  ),
  row(
    'printNatsConfig',
    'Tools:',
    'DIR',
    'Print a nats-server configuration that lets the master and each slave of --member-id do their part only, ' +
      "and exit. The seeds of the users' nkeys are in the files DIR/USER.nk: those that are missing are made " +
      '(mode 0600), none is overwritten',
  ),
  row(
    'natsConfigUsers',
    'Tools:',
    'USERS',
    "Beside --print-nats-config: the slaves' users, such as alice,bob. Slaves of one user are not kept apart",
    'slave',
  ),

  row(
    'masterHost',
    'Master:',
    'HOST',
    'Address at which the master is reached; 0.0.0.0 or :: for all that it has',
    '127.0.0.1',
  ),
  row('masterPort', 'Master:', 'PORT', 'Its port, 1 to 65535; a master may leave it out', 'any free one'),
  row(
    'resourceFileUpdateInterval',
    'Master:',
    'SECONDS',
    'Seconds between two writings of the resource file',
    '300',
  ),
  row(
    'checkpoint',
    'Master:',
    'DIR',
    'Folder that keeps every result, so that a master started again computes only the rest',
  ),
  row(
    'strict',
    'Master:',
    undefined,
    'Exit with 255 when the master algorithm returns with tasks pending or results untaken; a warning without it',
  ),

  row('slaves', 'Slaves:', 'N', 'Local slaves that a master starts and stops with itself, 0 to 1024', '0'),
  row(
    'slaveConcurrency',
    'Slaves:',
    'N',
    'Unordered tasks that a slave runs at once, 1 to 1000: asynchronous ones that wait. On a master, its ' +
      'local slaves',
    '1',
  ),
  row(
    'slaveExecutable',
    'Slaves:',
    'FILE',
    'What the resource file tells a batch system to start as a slave',
    'this program',
  ),
  row(
    'allowVersionSkew',
    'Slaves:',
    undefined,
    'Let slaves join whose algorithms have other code than the master has',
  ),

  row('slaveTaskGroup', 'Groups:', 'N', 'Tasks sent to a slave at a time: auto, or 1 to 32768', 'auto'),
  row('slaveResultGroup', 'Groups:', 'N', 'Results sent back at a time: auto, or 1 to 32768', 'auto'),

  row(
    'auditFile',
    'Audit:',
    'FILE',
    'File to which the audit trail is appended; - is standard error, also at a terminal',
    'standard error',
  ),
  row('auditFormat', 'Audit:', 'FORM', 'text, or json for one JSON object a line', 'text'),
  row(
    'auditMaxSize',
    'Audit:',
    'SIZE',
    'Bytes, or with k, m, g, at which the audit file is rotated: it becomes FILE.1, that FILE.2; 4k to 1024g',
    'never',
  ),
  row('auditKeep', 'Audit:', 'N', 'Rotated audit files that are kept, 1 to 1000', '5'),
  row(
    'auditReport',
    'Audit:',
    'FILE',
    'Tell in tables what the trail of a master has, rotated files included: slaves, hosts, tasks, run times',
  ),
  row('html', 'Audit:', 'FILE', 'Beside --audit-report: write it as a page, with drawings, to this file too'),
  row(
    'auditVerify',
    'Audit:',
    'FILE',
    'Prove from the trail of a master, rotated files included, that each task had exactly one fate, or show ' +
      'the first that had not. Exits 0 or 1; 255 if the file is not fit to tell',
  ),

  row(
    'natsUrl',
    'Broker (NATS):',
    'URL',
    'A nats-server instead of the broker inside the master: nats://HOST:PORT, tls://HOST:PORT or HOST:PORT. ' +
      'May be repeated, for a cluster',
  ),
  row(
    'natsToken',
    'Broker (NATS):',
    'TOKEN',
    'Token for the broker; other users of the machine see it in the process list: better a file',
  ),
  row(
    'natsTokenFile',
    'Broker (NATS):',
    'FILE',
    'File that holds the token (mode 0600). Flags win over TS_MW_TOKEN, and that over the resource file',
  ),
  row(
    'natsUser',
    'Broker (NATS):',
    'USER',
    'User for the broker; needs --nats-password, or TS_MW_NATS_PASSWORD',
  ),
  row('natsPassword', 'Broker (NATS):', 'PASSWORD', 'Password of --nats-user'),
  row('natsCreds', 'Broker (NATS):', 'FILE', 'Credentials file (.creds) for the broker'),
  row(
    'natsNkeyFile',
    'Broker (NATS):',
    'FILE',
    'File that holds the seed of our nkey (SU…, mode 0600) for the broker',
  ),
  row(
    'tlsCert',
    'Broker (NATS):',
    'FILE',
    'Certificate (PEM): of the broker inside the master, which then speaks TLS only; on a slave, or with ' +
      '--nats-url, the one shown to a broker that asks',
  ),
  row('tlsKey', 'Broker (NATS):', 'FILE', 'Private key (PEM) of --tls-cert'),
  row(
    'tlsCa',
    'Broker (NATS):',
    'FILE',
    "Authorities (PEM) one of which must have signed the broker's certificate, and TLS with it; for the " +
      'broker inside the master those of clients',
  ),
  row(
    'tlsVerify',
    'Broker (NATS):',
    undefined,
    'Let nobody reach the broker inside the master who has no certificate signed by --tls-ca',
  ),
  row('insecure', 'Broker (NATS):', undefined, 'Go without TLS beyond loopback, where others may listen'),
  row(
    'maxMessageSize',
    'Broker (NATS):',
    'SIZE',
    'Largest task or result in bytes, or with k, m, g; 64k to 1g',
    '256m',
  ),

  row(
    'clientTimeout',
    'Timeouts:',
    'SECONDS',
    'Seconds that a slave may be silent before its tasks go elsewhere',
    '30',
  ),
  row(
    'connectTimeout',
    'Timeouts:',
    'SECONDS',
    'Seconds that a slave looks for its master, its resource file included; 0 is for ever',
    '30',
  ),
];

/** Those that people need first, in the order in which they meet them. */
export const FIRST_KEYS: readonly FlagRow['key'][] = [
  'master',
  'slave',
  'slaves',
  'resourceFile',
  'masterPort',
  'natsUrl',
  'auditFile',
  'checkpoint',
  'repl',
  'help',
];

/** `--slaves N`, as help and documents show it. */
export function shownFlag({ name, placeholder }: FlagRow): string {
  return placeholder === undefined ? name : `${name} ${placeholder}`;
}

export function isTypedOnly(key: string): boolean {
  return TYPED_ONLY_KEYS.some((one) => one === key);
}

/** `masterPort` to `--master-port`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
