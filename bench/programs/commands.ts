/** The measurements that the benchmark asks of its processes, and their answers; over Node's process channel. */

export type Measurement =
  /** Wait until that many slaves have joined. */
  | { readonly kind: 'join'; readonly slaves: number }
  /** Submit all, then take all results. */
  | { readonly kind: 'bulk'; readonly tasks: number }
  /** Submit as results come, so that `outstanding` tasks are. */
  | { readonly kind: 'window'; readonly tasks: number; readonly outstanding: number; readonly bytes: number }
  /** Draw tasks from a generator as the default target number allows. */
  | { readonly kind: 'submit-all'; readonly tasks: number }
  /** One at a time, each timed. */
  | { readonly kind: 'sequential'; readonly rounds: number; readonly bytes: number }
  /** The same by futures, each task's argument made from the result before; of the framework alone. */
  | { readonly kind: 'chain'; readonly rounds: number }
  /** The same by the request of the NATS client, which waits for its answer; of NATS alone. */
  | { readonly kind: 'request'; readonly rounds: number; readonly bytes: number }
  /** The same over a TCP connection between two processes and nothing else. */
  | { readonly kind: 'tcp'; readonly rounds: number; readonly bytes: number };

/** The measurements of the part `collections`, of ts-mw and of peers. */
export type CollectionMeasurement =
  /** `n + 1` of each number, by one call. */
  | { readonly kind: 'map'; readonly elements: number }
  /** The sum of these. */
  | { readonly kind: 'map-reduce'; readonly elements: number }
  /** Further values of one endless iteration. */
  | { readonly kind: 'iterate'; readonly elements: number }
  /** A computation of `steps` for each element, by one call. */
  | { readonly kind: 'compute'; readonly elements: number; readonly steps: number }
  /** One task at a time, each timed: by a channel, or the call of a peer. */
  | { readonly kind: 'one-by-one'; readonly rounds: number }
  /** The same by funcall and results; of the framework alone. */
  | { readonly kind: 'funcall'; readonly rounds: number }
  /** From a task for each slave to its result, which needs this number of shared bytes; of the framework alone. */
  | { readonly kind: 'share'; readonly bytes: number; readonly slaves: number };

/** The work of the part `flow`: waits for tasks that do nothing. */
export interface FlowMeasurement {
  readonly kind: 'promise-all' | 'parallel' | 'parallel-limit';
  readonly tasks: number;
}

/** Where a process of the benchmark finds its broker; without a URL it starts an embedded one. */
export interface RawSetup {
  readonly url: string | undefined;
  readonly peers: number;
}

export interface Measured {
  readonly seconds: number;
  /** Of each round, or of the processor for a task, in microseconds; empty where only the whole is timed. */
  readonly micros: readonly number[];
}

/** Measures what the parent process asks for, until it hangs up. */
export async function serveMeasurements<M = Measurement>(
  work: (measurement: M) => Promise<Measured>,
): Promise<void> {
  const { promise: hungUp, resolve: hangUp, reject } = withResolvers();
  process.once('disconnect', hangUp);
  process.on('message', (measurement: M) => {
    work(measurement).then((measured) => process.send?.(measured), reject);
  });
  process.send?.('ready');
  await hungUp;
}

/** Runs rounds one after another and times each. */
export async function timeRounds(
  rounds: number,
  runRound: (round: number) => Promise<unknown>,
): Promise<Measured> {
  const micros: number[] = [];
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    const roundBegan = performance.now();
    await runRound(round);
    micros.push((performance.now() - roundBegan) * 1000);
  }
  return { seconds: (performance.now() - began) / 1000, micros };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('a promise did not run its executor');
  return { promise, ...settle };
}
