/** One Slurm job array: its task 0 is the master, the others are slaves that requeue themselves. */

import { shellQuote, shellWords } from '../../machines/shell-quote.js';
import { type BatchPlan, batchSlaveArguments, masterArguments } from './batch-plan.js';

export function slurmFile(plan: BatchPlan): string {
  const { name, slaves, directory, command, slaveCommand, host, urls, resourceFile } = plan;
  const address = host === undefined ? '"$(hostname -I | cut -d" " -f1)"' : shellQuote(host);
  const place = urls.length > 0 ? '' : ` --master-host=${address}`;
  const master = shellWords(masterArguments(plan, resourceFile.path));
  return `#!/bin/bash
# Slurm: sbatch FILE
# Task 0 of the array is the master, and ends the way it ends; the others are slaves. A slave is done only
# on exit code 0: it was told to, or the computation is finished. After anything else it is queued again.
# scancel ends the slaves of a master that failed. The nodes must share the files named here.
#SBATCH --job-name=${name}
#SBATCH --array=0-${slaves}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%a.out
#SBATCH --error=%x-%a.err

cd -- ${shellQuote(directory)} || exit 255

if [ "$SLURM_ARRAY_TASK_ID" = 0 ]; then
  exec ${shellWords(command)} --master${place} ${master}
fi

${shellWords([...slaveCommand, ...batchSlaveArguments(plan)])}
code=$?
if [ "$code" -ne 0 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
`;
}
