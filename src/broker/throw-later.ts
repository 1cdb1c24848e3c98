/** Throws what a listener has thrown, but not into the server's own work, which must go on. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
