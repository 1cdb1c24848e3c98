/** One signal for what ends with the master, or before that with the scope that began it. */

/** Aborts with either signal. `forget` takes it off them, since they live longer. */
export function endedBy(
  master: AbortSignal,
  scope: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly forget: () => void } {
  if (scope === undefined) return { signal: master, forget: () => {} };
  const both = [master, scope];
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(both.find(({ aborted }) => aborted)?.reason);
  for (const one of both) one.addEventListener('abort', onAbort);
  if (scope.aborted) onAbort();
  const forget = (): void => {
    for (const one of both) one.removeEventListener('abort', onAbort);
  };
  return { signal: abort.signal, forget };
}
