/** Medians and percentiles of samples. */

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** By nearest rank; NaN of no samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}
