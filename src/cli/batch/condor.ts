/** One HTCondor submit file: the master in the scheduler universe, its slaves in the vanilla one. */

import { FlagError } from '../../errors.js';
import { type BatchPlan, batchSlaveArguments, masterArguments } from './batch-plan.js';
import { ownAddress } from './own-address.js';

export function condorFile(plan: BatchPlan): string {
  const { name, slaves, command, slaveCommand, directory, host, urls, resourceFile } = plan;
  const place = urls.length > 0 ? [] : [`--master-host=${host ?? ownAddress()}`];
  const [masterProgram, ...masterPrefix] = command;
  const [slaveProgram, ...slavePrefix] = slaveCommand;
  return `# HTCondor: condor_submit FILE
# The master runs on the machine where this is submitted, and leaves the queue when it ends.
# A slave leaves the queue only on exit code 0: it was told to, or the computation is finished. After
# anything else it goes back to idle and is run again. The machines must share the files named here.

initialdir = ${plainText(directory)}
getenv = TS_MW_TOKEN, TS_MW_NATS_PASSWORD
notification = NEVER

universe = scheduler
executable = ${plainText(masterProgram)}
arguments = ${condorArguments([...masterPrefix, '--master', ...place, ...masterArguments(plan, resourceFile.path)])}
output = ${name}-master.out
error = ${name}-master.err
log = ${name}-master.log
queue 1

universe = vanilla
executable = ${plainText(slaveProgram)}
transfer_executable = False
should_transfer_files = NO
arguments = ${condorArguments([...slavePrefix, ...batchSlaveArguments(plan)])}
output = ${name}-slave.$(Process).out
error = ${name}-slave.$(Process).err
log = ${name}-slaves.log
request_cpus = 1
on_exit_remove = (ExitBySignal == False) && (ExitCode == 0)
queue ${slaves}
`;
}

/**
 * The "new syntax": the whole text in double quotes, arguments with blanks or quotes in single ones. Both
 * kinds are doubled to mean themselves.
 */
function condorArguments(words: readonly string[]): string {
  const one = (word: string) => (/^[^\s'"]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`);
  return `"${plainText(words.map(one).join(' ').replaceAll('"', '""'))}"`;
}

/**
 * Macros are expanded everywhere; `$$(` is expanded once more when a machine is found, and cannot be escaped.
 */
function plainText(text: string): string {
  if (/\$\$[([]/.test(text)) {
    throw new FlagError(
      '--print-batch',
      `expected names and arguments without $$( for condor, got ${text}; rename it`,
    );
  }
  return text.replaceAll('$', '$(DOLLAR)');
}
