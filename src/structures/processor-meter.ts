/** How much of a processor this process takes: the share of one core since the last look, with all threads. */

/** Over a shorter time the system's own steps of counting would show. */
const LEAST_MS = 500;

export class ProcessorMeter {
  #atMs: number;
  #usedMs: number;
  #percent: number | undefined;

  constructor(nowMs: number, usedMs: number) {
    this.#atMs = nowMs;
    this.#usedMs = usedMs;
  }

  /** In percent of one core; `usedMs` is the processor time so far. Undefined until half a second has passed. */
  read(nowMs: number, usedMs: number): number | undefined {
    const passedMs = nowMs - this.#atMs;
    if (passedMs < LEAST_MS) return this.#percent;
    this.#percent = Math.max(0, Math.round((100 * (usedMs - this.#usedMs)) / passedMs));
    this.#atMs = nowMs;
    this.#usedMs = usedMs;
    return this.#percent;
  }
}

/** In milliseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
