/** One listener of a signal for all calls that heed it. Node takes more than ten for a leak, and says so. */

interface Heeding {
  readonly calls: Set<() => void>;
  readonly tellAll: () => void;
}

const heedings = new WeakMap<AbortSignal, Heeding>();

/** Calls `onAbort` when the signal aborts, unless the function that it returns was called before. */
export function heed(signal: AbortSignal, onAbort: () => void): () => void {
  const { calls, tellAll } = heedings.get(signal) ?? begin(signal);
  calls.add(onAbort);
  return () => {
    calls.delete(onAbort);
    if (calls.size > 0) return;
    // The signal may outlive many calls
    signal.removeEventListener('abort', tellAll);
    heedings.delete(signal);
  };
}

function begin(signal: AbortSignal): Heeding {
  const calls = new Set<() => void>();
  const tellAll = (): void => {
    for (const onAbort of calls) onAbort();
  };
  const heeding = { calls, tellAll };
  heedings.set(signal, heeding);
  signal.addEventListener('abort', tellAll, { once: true });
  return heeding;
}
