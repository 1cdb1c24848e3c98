/** `--print-batch`: the submit file of one batch system for this program and its flags. */

import type { BatchSystem } from '../flags/batch-systems.js';
import { type PlanParams, planBatch } from './batch-plan.js';
import { condorFile } from './condor.js';
import { kubernetesFile } from './kubernetes.js';
import { slurmFile } from './slurm.js';
import { systemdFile } from './systemd.js';

/** Throws FlagError for text that the system cannot contain. */
export function batchFile(params: PlanParams): string {
  const plan = planBatch(params);
  const system: BatchSystem = params.system;
  switch (system) {
    case 'condor':
      return condorFile(plan);
    case 'slurm':
      return slurmFile(plan);
    case 'kubernetes':
      return kubernetesFile(plan);
    case 'systemd':
      return systemdFile(plan);
    default:
      return system satisfies never;
  }
}
