/** Waits for what may never come. */

/** Resolves when the promise does, or when the time is up; rejects as the promise does. The time limit keeps a process alive. */
export async function waitAtMost(limitMs: number, promise: Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (limit = setTimeout(resolve, limitMs)));
  await Promise.race([promise, late]).finally(() => clearTimeout(limit));
}
