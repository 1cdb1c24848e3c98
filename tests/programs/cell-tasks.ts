/** Cells that a test and the slave program it starts have in common, and tasks that use them without awaiting. */
import { cell, defineAlgorithm, taskContext } from 'ts-mw';

/** The master's. */
export const signal = cell('signal', 0);
/** Slaves tell what they have reached. */
export const reached = cell('reached', 0, { merge: Math.max });
export const names = cell<readonly string[]>('names', [], {
  merge: (a, b) => [...new Set([...a, ...b])].sort(),
});
/** Cannot be folded where this is 'master'. */
export const fragile = cell('fragile', 0, {
  merge: (a, b) => {
    if (process.env.TS_MW_FRAGILE === undefined) throw new RangeError(`not ${b}`);
    return Math.max(a, b);
  },
});

/** Computes without ever giving the event loop its turn, and tells by an offer that it does, until the signal comes. */
export const spinUntil = defineAlgorithm('spinUntil', (wanted: number, seconds: number) => {
  reached.offer(wanted);
  const until = performance.now() + seconds * 1000;
  while (signal.value < wanted) if (performance.now() > until) return undefined;
  return performance.timeOrigin + performance.now();
});

export const see = defineAlgorithm('see', () => [signal.value, reached.value, names.value] as const);

export const offerName = defineAlgorithm('offerName', (name: string) => {
  names.offer([name]);
  return names.value;
});

/** The least of what is offered. */
export const least = cell('least', Number.POSITIVE_INFINITY, { merge: Math.min });

export const offerLeast = defineAlgorithm('offerLeast', (value: number) => {
  const before = least.value;
  least.offer(value);
  return before;
});

export const setSignal = defineAlgorithm('setSignal', (value: number) => {
  signal.value = value;
});

export const offerFragile = defineAlgorithm('offerFragile', (value: number) => {
  fragile.offer(value);
  return taskContext().sid;
});
