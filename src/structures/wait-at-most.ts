/** Waits for promises that may never settle. */

/** Resolves when the promise does, or after this time; the timer keeps a process alive. */
export async function waitAtMost(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (limit = setTimeout(resolve, limitMs)));
  await Promise.race([promise, late]).finally(() => clearTimeout(limit));
}
