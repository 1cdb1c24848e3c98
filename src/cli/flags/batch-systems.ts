/** The batch systems that `--print-batch` knows. */

export const BATCH_SYSTEMS = ['condor', 'slurm', 'kubernetes', 'systemd'] as const;
export type BatchSystem = (typeof BATCH_SYSTEMS)[number];
