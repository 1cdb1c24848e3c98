/** Medians and percentiles of samples. */

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The lowest and the highest of several samples: how far to trust their median. */
export interface Spread {
  readonly least: number;
  readonly most: number;
}

export function spread(samples: readonly number[]): Spread {
  return { least: Math.min(...samples), most: Math.max(...samples) };
}

/** The outcome of one measurement and its repeats. */
export interface Figure {
  readonly median: number;
  readonly spread: Spread;
}

export function figure(samples: readonly number[]): Figure {
  return { median: median(samples), spread: spread(samples) };
}

/** By nearest rank; NaN of no samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}
