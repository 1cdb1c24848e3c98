/** Runs jobs beside each other as long as the processors they want are there, the longest first. */

export interface Weight {
  /** That it takes when nothing else runs. */
  readonly seconds: number;
  /** Processors that it keeps busy meanwhile; 0.2 for one that waits most of the time. */
  readonly cores: number;
}

export interface Schedule {
  readonly cores: number;
  readonly mostAtOnce: number;
}

/** The first job that fits into what is free is the next; one that wants more than there is runs alone. */
export async function runAll<Job>(
  jobs: readonly Job[],
  weightOf: (job: Job) => Weight,
  { cores, mostAtOnce }: Schedule,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const waiting = jobs.toSorted((a, b) => weightOf(b).seconds - weightOf(a).seconds);
  const running = new Map<Job, Promise<void>>();
  const isFree = (job: Job): boolean => {
    if (running.size === 0) return true;
    if (running.size >= mostAtOnce) return false;
    const taken = [...running.keys()].reduce((sum, other) => sum + weightOf(other).cores, 0);
    return taken + weightOf(job).cores <= cores;
  };
  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(isFree);
    if (next === -1) {
      await Promise.race(running.values());
      continue;
    }
    const [job] = waiting.splice(next, 1) as [Job];
    running.set(
      job,
      run(job).finally(() => running.delete(job)),
    );
  }
}
