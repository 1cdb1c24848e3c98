/** Throws a listener's error outside the server's own work, which must go on. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
