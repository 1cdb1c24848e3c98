/**
 * Numbers that spread the waits of tasks that failed together. A core has no random numbers: these follow from the run
 * of the master, the task and the count of its failures, so that the same seed of a simulation gives the same waits.
 */

export class Jitter {
  readonly #seed: number;

  constructor(run: string) {
    let seed = 0;
    for (let at = 0; at < run.length; at++) seed = mix(seed ^ run.charCodeAt(at));
    this.#seed = seed;
  }

  /** From 0 up to 1; evenly spread over tasks, and over the failures of a task. */
  fraction(taskNumber: number, failures: number): number {
    const high = Math.floor(taskNumber / 2 ** 32);
    return mix(mix(mix(this.#seed ^ taskNumber) ^ high) ^ failures) / 2 ** 32;
  }
}

/** MurmurHash3's last step, from 32 bits to 32 bits, after an odd offset so that 0 is no fixed point. */
function mix(value: number): number {
  let mixed = (value + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
