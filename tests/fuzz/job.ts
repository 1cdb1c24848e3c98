/** The common part of the starter of a long run and the thread that does it. */

export interface FuzzJob {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  /** A counter of inputs, the length of the one that runs, and its bytes. */
  readonly shared: SharedArrayBuffer;
}

/** Where the bytes of the input lie in the shared memory. */
export const INPUT_AT = 8;
