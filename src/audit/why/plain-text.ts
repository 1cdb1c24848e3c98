/** Numbers and lists in sentences. */

/** `3.2 s`, or minutes and hours where those are easier to read. */
export function inSeconds(seconds: number): string {
  if (seconds > 0 && seconds < 0.000_95) return `${Math.round(seconds * 1e6)} us`;
  if (seconds > 0 && seconds < 0.095) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** `a, b and 3 more`. */
export function list(items: readonly string[], more: number): string {
  const all = more === 0 ? items : [...items, `${more} more`];
  if (all.length < 2) return all.join('');
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
