/** Tells whether code of `src` ran for the first time, by V8's block coverage; it makes what runs slower. */

import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector';

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  /** How many blocks were reached so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** Whether blocks were reached since it was asked last that never were before. */
  reachedNew(): boolean {
    const before = this.#seen.size;
    // Sessions within one thread answer before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) return;
      for (const script of taken.result) if (script.url.includes('/dist/src/')) this.#add(script);
    });
    return this.#seen.size > before;
  }

  #add({ scriptId, functions }: Profiler.ScriptCoverage): void {
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        if (count > 0) this.#seen.add(`${scriptId}:${startOffset}-${endOffset}`);
      }
    }
  }

  close(): void {
    this.#session.disconnect();
  }
}
