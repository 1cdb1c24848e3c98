/**
 * The plan of a batch system, made from a command line: commands and flags of master and slaves. The files of
 * the systems only write it down, each in its own language and with its own addresses.
 */

import { basename, extname, resolve } from 'node:path';
import { FlagError } from '../../errors.js';
import { isLoopback } from '../../link/connection/broker-urls.js';
import { givenText } from '../../structures/value-text.js';
import { auditFileOfSlaves } from '../flags/audit-file-of-slaves.js';
import type { BatchSystem } from '../flags/batch-systems.js';
import type { Configuration } from '../flags/configuration.js';
import { refuseExposedSecret, refuseOpenBroker } from '../flags/exposed-secrets.js';
import type { FlagRow } from '../flags/flag-row.js';
import { oneWord, type SlaveLaunch, slaveArguments } from '../flags/slave-arguments.js';
import type { GivenFlag } from '../flags/split-arguments.js';
import { programCommand } from '../process/one-executable.js';

export interface BatchPlan {
  /** The name of jobs and files: only letters, digits and dashes. */
  readonly name: string;
  /** The folder in which the command was typed; relative paths among the flags start here. */
  readonly directory: string;
  readonly slaves: number;
  /** The commands that start the program and a slave of it. */
  readonly command: readonly [string, ...string[]];
  readonly slaveCommand: readonly [string, ...string[]];
  /** As typed, without roles, addresses and secrets. */
  readonly masterFlags: readonly GivenFlag[];
  readonly configuration: Configuration;
  /** As typed, or undefined for loopback, which no other machine reaches. */
  readonly host: string | undefined;
  /** 0 is any free one. */
  readonly port: number;
  readonly urls: readonly string[];
  readonly resourceFile: { readonly path: string; readonly typed: boolean };
}

export interface PlanParams {
  readonly system: BatchSystem;
  readonly configuration: Configuration;
  readonly given: readonly GivenFlag[];
  /** The file that node runs. */
  readonly program: string;
  readonly directory: string;
}

/** Stands for the address that a system's file determines. */
const OTHER_MACHINES = 'the address of the job';

/** The number of slaves without `--slaves`. */
const DEFAULT_SLAVES = 10;

type Key = FlagRow['key'];

/** Decided by each system, or irrelevant for a job. */
const LEFT_OUT: ReadonlySet<Key> = new Set<Key>([
  'master',
  'slaves',
  'minSlaves',
  'maxSlaves',
  'finishWithin',
  'printBatch',
  'resourceFile',
  'masterHost',
  'masterPort',
  'natsToken',
  'natsPassword',
]);

/** Throws FlagError for text that no submit file can contain. */
export function planBatch({ system, configuration, given, program, directory }: PlanParams): BatchPlan {
  const { slaves, masterHost, masterPort, nats, slaveExecutable } = configuration;
  if (configuration.role === 'slave') {
    throw new FlagError('--print-batch', 'expected --master, got --slave; the files are for both roles');
  }
  if (system !== 'kubernetes') refuseSecrets(given);
  refuseExposure(system, configuration);
  const command = programCommand(program);
  const typedName = given.findLast(({ key }) => key === 'memberId')?.value;
  const name = jobName([basename(program, extname(program)), ...(typedName ? [String(typedName)] : [])]);
  const plan: BatchPlan = {
    name,
    directory,
    slaves: slaves === 0 ? DEFAULT_SLAVES : slaves,
    command,
    slaveCommand:
      slaveExecutable === undefined ? command : executableCommand(resolve(directory, slaveExecutable)),
    masterFlags: given.filter(({ key }) => !LEFT_OUT.has(key)),
    configuration,
    host: isLoopback(masterHost) ? undefined : masterHost,
    port: masterPort,
    urls: nats.urls,
    resourceFile: {
      path: resolve(directory, configuration.resourceFile?.path ?? `${name}.rsc`),
      typed: configuration.resourceFile !== undefined,
    },
  };
  refuseControlCharacters(plan);
  return plan;
}

/**
 * The flags of a master after its address. Local slaves are for one machine, also those of the program's
 * defaults.
 */
export function masterArguments(plan: BatchPlan, resourceFile: string | undefined): readonly string[] {
  const { port, masterFlags, configuration } = plan;
  return [
    ...(port === 0 ? [] : [`--master-port=${port}`]),
    ...(resourceFile === undefined ? [] : [`--resource-file=${resourceFile}`]),
    '--slaves=0',
    ...masterFlags.map(oneWord),
    ...(configuration.argv.length === 0 ? [] : ['--', ...configuration.argv]),
  ];
}

/** Without a place of its own a slave finds its master by the resource file, and files under their names here. */
export function batchSlaveArguments(
  { configuration, resourceFile }: BatchPlan,
  {
    place = [{ key: 'resourceFile', value: resourceFile.path }],
    proof = ({ value }) => value,
  }: Partial<Pick<SlaveLaunch, 'place' | 'proof'>> = {},
): readonly string[] {
  const auditFile = auditFileOfSlaves(configuration);
  return slaveArguments(configuration, { place, proof, auditFile, form: 'one-word' });
}

/** A `.js` file is run with node. */
function executableCommand(file: string): readonly [string, ...string[]] {
  return /^\.[cm]?js$/.test(extname(file)) ? [process.execPath, file] : [file];
}

function jobName(parts: readonly string[]): string {
  const name = parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return /^[a-z]/.test(name) ? name : `mw-${name}`.replace(/-$/, '');
}

/** All systems except systemd, whose jobs share a machine, let the master listen beyond loopback. */
function refuseExposure(system: BatchSystem, configuration: Configuration): void {
  const { nats, tls, insecure, masterHost } = configuration;
  if (nats.urls.length > 0) refuseExposedSecret({ ...nats, tls, insecure });
  else if (system === 'systemd' || !isLoopback(masterHost)) refuseOpenBroker(masterHost, configuration);
  else refuseOpenBroker(OTHER_MACHINES, configuration);
}

/** All users of a machine can see command lines, and perhaps the files too. */
function refuseSecrets(given: readonly GivenFlag[]): void {
  for (const { key } of given) {
    if (key === 'natsToken') {
      throw new FlagError('--nats-token', 'expected no token in a submit file; type --nats-token-file FILE');
    }
    if (key === 'natsPassword') {
      throw new FlagError(
        '--nats-password',
        'expected no password in a submit file; set TS_MW_NATS_PASSWORD for the jobs, or type --nats-creds FILE',
      );
    }
  }
}

function refuseControlCharacters(plan: BatchPlan): void {
  const commands = [...plan.command, ...plan.slaveCommand];
  const flags = [...masterArguments(plan, plan.resourceFile.path), ...batchSlaveArguments(plan)];
  for (const text of [plan.directory, ...commands, ...flags]) {
    if (/\p{Cc}/u.test(text)) {
      throw new FlagError(
        '--print-batch',
        `expected names and arguments without control characters, got ${givenText(text)}; rename it`,
      );
    }
  }
}
