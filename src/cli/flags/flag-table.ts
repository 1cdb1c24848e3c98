/** The table of all flags, one row each: parsing, `--help` and the arguments of slaves are made of it. */

import {
  both,
  type FlagFacts,
  type FlagKey,
  type FlagRow,
  first,
  flagName,
  MASTERS,
  row,
  slaves,
  TOLD,
  TYPED,
  type TypedOnlyKey,
  type TypistsUse,
} from './flag-row.js';

/** Slaves elsewhere may reach it by another port; people know which. */
const PORT_IS_TOLD = { never: 'a master tells its port to each slave that joins' };

/** Each field of `Flags` has a row; a flag outside `Flags` can only be typed. */
type Table = { readonly [K in FlagKey]: FlagFacts } & { readonly [K in TypedOnlyKey]: FlagFacts<TypistsUse> };

const TABLE: Table = {
  master: row('Role:', first(1, MASTERS), undefined, 'Run as the master'),
  slave: row('Role:', first(2, slaves('role')), undefined, 'Run as a slave'),
  memberId: row(
    'Role:',
    both('place'),
    'NAME',
    'Name that master and slaves share, of at most 300 bytes',
    'default-member-id',
  ),
  resourceFile: row(
    'Role:',
    first(4, both('place')),
    'FILE',
    'File that the master writes and slaves read to find it. On a slave it overrides --master-host, ' +
      '--master-port and --member-id before it; those after it override the file',
  ),
  help: row('Role:', first(11, TYPED), '[all]', 'Print the flags that are needed first, or all, and exit'),
  version: row('Role:', TYPED, undefined, 'Print the versions and exit'),

  repl: row(
    'Tools:',
    first(9, TYPED),
    undefined,
    "Run as a master that is driven from Node's REPL; --slaves is the number of local slaves at its start",
  ),
  printBatch: row(
    'Tools:',
    TYPED,
    'SYSTEM',
    'Print the submit file of a batch system for this master and its slaves, and exit: condor, slurm, ' +
      'kubernetes or systemd. --slaves is the number of slave jobs, 10 without it',
  ),
  printNatsConfig: row(
    'Tools:',
    TYPED,
    'DIR',
    'Print a nats-server configuration that lets the master and each slave of --member-id do only their part, ' +
      "and exit. The seeds of the users' nkeys are in the files DIR/USER.nk: missing ones are made " +
      '(mode 0600), existing ones are kept',
  ),
  natsConfigUsers: row(
    'Tools:',
    TYPED,
    'USERS',
    "With --print-nats-config: the slaves' users, such as alice,bob. Slaves of one user are not separated",
    'slave',
  ),

  masterHost: row(
    'Master:',
    both('place'),
    'HOST',
    'Address of the master; 0.0.0.0 or :: for all addresses of its machine',
    '127.0.0.1',
  ),
  masterPort: row(
    'Master:',
    first(5, both('place')),
    'PORT',
    'Port of the master, 1 to 65535; a master may leave it out',
    'any free one',
  ),
  resourceFileUpdateInterval: row(
    'Master:',
    MASTERS,
    'SECONDS',
    'Seconds between two updates of the resource file',
    '300',
  ),
  checkpoint: row(
    'Master:',
    first(8, MASTERS),
    'DIR',
    'Folder that keeps every result, so that a master started again computes only the rest',
  ),
  strict: row(
    'Master:',
    MASTERS,
    undefined,
    'Exit with 255 when the master algorithm returns with tasks pending or results untaken; a warning without it',
  ),

  slaves: row(
    'Slaves:',
    first(3, MASTERS),
    'N',
    'Local slaves that a master starts and stops with itself, 0 to 1024',
    '0',
  ),
  servers: row(
    'Slaves:',
    MASTERS,
    'HOSTS',
    'Standing servers (npx ts-mw server) whose slots the master takes: HOST:PORT, or several with commas. Beyond ' +
      'loopback they are dialled by TLS, unless --insecure; on it by tls://HOST:PORT. May be repeated',
  ),
  serverTokenFile: row(
    'Slaves:',
    MASTERS,
    'FILE',
    'File that holds the token of the servers of --servers and --farm (mode 0600), which overrides TS_MW_SERVER_TOKEN',
  ),
  farm: row('Slaves:', MASTERS, 'FILE', 'Machines on which the master starts slaves, in YAML or JSON'),
  farmCheck: row(
    'Slaves:',
    TYPED,
    undefined,
    'Reach each machine of --farm, --servers and --slaves, start one slave there, print a table, and exit with 0 or 1',
  ),
  minSlaves: row(
    'Slaves:',
    MASTERS,
    'N',
    'Slaves that the master keeps also while nothing is to be done; slaves are then started and retired as tasks ' +
      'need them',
    '0',
  ),
  maxSlaves: row(
    'Slaves:',
    MASTERS,
    'N',
    'The most slaves that the master starts as tasks need them: on its own machine, without --slaves and --farm',
    'all slots',
  ),
  finishWithin: row(
    'Slaves:',
    MASTERS,
    'SECONDS',
    'Seconds from the start of the master in which the tasks should be done, with as few slaves as that takes',
  ),
  slaveConcurrency: row(
    'Slaves:',
    both('as-given'),
    'N',
    'Unordered tasks that a slave runs at once, 1 to 1000: asynchronous ones that wait. On a master, its ' +
      'local slaves',
    '1',
  ),
  shareCache: row(
    'Slaves:',
    both('as-given'),
    'SIZE',
    'Bytes of shared values that a slave keeps, or with k, m, g; 1m to 64g. On a master, its local slaves',
    '512m',
  ),
  noShareCopies: row(
    'Slaves:',
    MASTERS,
    undefined,
    'Send shared values in pieces to slaves of this machine too, and make no temporary files for them',
  ),
  slaveExecutable: row(
    'Slaves:',
    MASTERS,
    'FILE',
    'Program that the resource file names for slaves, for batch systems',
    'this program',
  ),
  allowVersionSkew: row(
    'Slaves:',
    MASTERS,
    undefined,
    'Let slaves join whose algorithms have other code than the master',
  ),
  backupTasks: row(
    'Slaves:',
    MASTERS,
    undefined,
    'Give a task that takes longer than others of its algorithm did to a second slave too, while slaves are idle: ' +
      'the first result counts',
  ),

  slaveTaskGroup: row(
    'Groups:',
    MASTERS,
    'N',
    'Tasks sent to a slave at a time: auto, or 1 to 32768',
    'auto',
  ),
  slaveResultGroup: row('Groups:', TOLD, 'N', 'Results sent back at a time: auto, or 1 to 32768', 'auto'),

  auditFile: row(
    'Audit:',
    first(7, both('trail')),
    'FILE',
    'File to which the audit trail is appended; - is standard error, also at a terminal',
    'standard error',
  ),
  auditFormat: row(
    'Audit:',
    both('unless-typed'),
    'FORM',
    'text, or json for one JSON object per line',
    'text',
  ),
  auditMaxSize: row(
    'Audit:',
    both('trail'),
    'SIZE',
    'Size in bytes, or with k, m, g, at which the audit file is rotated: FILE becomes FILE.1, FILE.1 becomes FILE.2; 4k to 1024g',
    'never',
  ),
  auditKeep: row('Audit:', both('trail'), 'N', 'Rotated audit files that are kept, 1 to 1000', '5'),
  auditRuns: row(
    'Audit:',
    MASTERS,
    undefined,
    'Write each run to the trail of a master: its task, attempt, slave, time and outcome, about 15 bytes. ' +
      '--trace needs it, and --forecast is more exact with it',
  ),
  auditReport: row(
    'Audit:',
    TYPED,
    'FILE',
    'Show the trail of a master in tables, including rotated files: slaves, hosts, tasks, run times',
  ),
  html: row(
    'Audit:',
    TYPED,
    'FILE',
    "With --audit-report: also write the dashboard's page of that trail, whole, to this file",
  ),
  trace: row(
    'Audit:',
    TYPED,
    'FILE',
    'With --audit-report: also write it to this file, as a trace that Perfetto and chrome://tracing open',
  ),
  why: row(
    'Audit:',
    TYPED,
    'ID',
    'With --audit-report: say instead why one task or slave, such as TASK-17 or SLAVE-3, ended as it did, or where it was last',
  ),
  auditVerify: row(
    'Audit:',
    TYPED,
    'FILE',
    'Prove from the trail of a master, including rotated files, that each task had exactly one fate, or show ' +
      'the first that had not. Exits with 0 or 1; with 255 if the file cannot be judged',
  ),
  auditWatch: row(
    'Audit:',
    TYPED,
    'FILE',
    'Show how far the master is that writes this trail, until it ends or for as long as you like',
  ),
  forecast: row(
    'Audit:',
    TYPED,
    'FILE',
    'Compute from the trail of a master how long its tasks would take with other numbers of slaves: those of --slaves, ' +
      'such as 1,10,100, or 1, 2, 4 and so on until more stop to help. At most a million tasks',
  ),

  progress: row(
    'Watching:',
    MASTERS,
    'HOW',
    'How a master shows its progress: line for a line at the foot of the terminal, log for a line of the audit ' +
      'trail each minute, off, or auto for line where standard error is a terminal',
    'auto',
  ),
  forwardOutput: row(
    'Watching:',
    MASTERS,
    'HOW',
    'Show what tasks print behind the name of their local slave, such as SLAVE-3| , or machine: on, off, or auto for ' +
      'on where standard output and standard error are terminals',
    'auto',
  ),
  dashboard: row(
    'Watching:',
    first(10, MASTERS),
    '[[HOST:]PORT]',
    'Show the master in a browser, at the URL with a token that it prints: on 127.0.0.1 and any free port, or where ' +
      'the value says. A host other than loopback needs --tls-cert, or --insecure',
  ),
  dashboardControl: row(
    'Watching:',
    MASTERS,
    undefined,
    'Let the dashboard cancel tasks, submit failed ones again, and add, drain and stop local slaves',
  ),
  dashboardShowValues: row(
    'Watching:',
    MASTERS,
    undefined,
    'Let the dashboard show the arguments of tasks, not only their sizes, and the last lines that slaves printed',
  ),
  metrics: row(
    'Watching:',
    MASTERS,
    'PORT',
    "Serve the master's metrics to Prometheus at http://127.0.0.1:PORT/metrics, or at HOST:PORT; 0 is any free " +
      'port. A host other than loopback needs --tls-cert, or --insecure',
  ),
  metricsFile: row(
    'Watching:',
    MASTERS,
    'FILE',
    "Write metrics to this file every 15 seconds and at the end, for a node exporter's textfile collector: " +
      'its name ends in .prom',
  ),

  natsUrl: row(
    'Broker (NATS):',
    first(6, both('place')),
    'URL',
    'A nats-server instead of the broker inside the master: nats://HOST:PORT, tls://HOST:PORT or HOST:PORT. ' +
      'May be repeated, for a cluster',
  ),
  natsToken: row(
    'Broker (NATS):',
    both('secret'),
    'TOKEN',
    'Token for the broker; other users of the machine see it in the process list, so a file is better',
  ),
  natsTokenFile: row(
    'Broker (NATS):',
    both('proof'),
    'FILE',
    'File that holds the token (mode 0600). Flags override TS_MW_TOKEN, which overrides the resource file',
  ),
  natsUser: row(
    'Broker (NATS):',
    both('proof'),
    'USER',
    'User for the broker; needs --nats-password, or TS_MW_NATS_PASSWORD',
  ),
  natsPassword: row('Broker (NATS):', both('secret'), 'PASSWORD', 'Password of --nats-user'),
  natsCreds: row('Broker (NATS):', both('proof'), 'FILE', 'Credentials file (.creds) for the broker'),
  natsNkeyFile: row(
    'Broker (NATS):',
    both('proof'),
    'FILE',
    'File that holds the seed of our nkey (SU…, mode 0600) for the broker',
  ),
  tlsCert: row(
    'Broker (NATS):',
    both('proof'),
    'FILE',
    'Certificate (PEM): of the broker inside the master, which then speaks only TLS; on a slave, or with ' +
      '--nats-url, the one for a broker that asks',
  ),
  tlsKey: row('Broker (NATS):', both('proof'), 'FILE', 'Private key (PEM) of --tls-cert'),
  tlsCa: row(
    'Broker (NATS):',
    both('proof'),
    'FILE',
    "Authorities (PEM), one of which must have signed the broker's certificate; implies TLS. For the " +
      'broker inside the master: authorities of clients',
  ),
  tlsVerify: row(
    'Broker (NATS):',
    MASTERS,
    undefined,
    'Let only clients with a certificate signed by --tls-ca reach the broker inside the master',
  ),
  insecure: row(
    'Broker (NATS):',
    both('as-given'),
    undefined,
    'Go without TLS beyond loopback, where others may listen',
  ),
  dataPort: row(
    'Broker (NATS):',
    both(PORT_IS_TOLD),
    'PORT',
    'Port where the master takes data past the broker inside it, 1 to 65535. On a slave, the port to ' +
      'dial for it: the near end of a tunnel',
    'any free one',
  ),
  noDataPort: row(
    'Broker (NATS):',
    both(PORT_IS_TOLD),
    undefined,
    'Let all data go through the broker, which is a little slower and needs one port only',
  ),
  maxMessageSize: row(
    'Broker (NATS):',
    TOLD,
    'SIZE',
    'Largest task or result in bytes, or with k, m, g; 64k to 1g',
    '256m',
  ),

  clientTimeout: row(
    'Timeouts:',
    both('unless-typed'),
    'SECONDS',
    'Seconds that a slave may be silent before its tasks go elsewhere',
    '30',
  ),
  connectTimeout: row(
    'Timeouts:',
    slaves('unless-typed'),
    'SECONDS',
    'Seconds that a slave looks for its master, including its resource file; 0 means forever',
    '30',
  ),
};

const ROWS = new Map(
  (Object.entries(TABLE) as [FlagRow['key'], FlagFacts][]).map(([key, facts]): [string, FlagRow] => {
    const { placeholder } = facts;
    const takesValue = placeholder !== undefined && !placeholder.startsWith('[');
    return [key, { key, name: flagName(key), takesValue, ...facts }];
  }),
);

/** In the order of `--help all`. */
export const FLAG_ROWS: readonly FlagRow[] = [...ROWS.values()];

/** The flags that people need first, in the order in which they meet them. */
export const FIRST_ROWS: readonly FlagRow[] = FLAG_ROWS.filter((row) => row.first !== undefined).sort(
  (one, other) => (one.first ?? 0) - (other.first ?? 0),
);

/** Undefined for what is no flag. */
export function rowOf(key: string): FlagRow | undefined {
  return ROWS.get(key);
}
