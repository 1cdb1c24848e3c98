/** The runs that a master's trail has: one for each result that came, and no task returns twice. */

import type { AuditEvent } from '../../src/audit/events.js';
import { parseRunList } from '../../src/audit/format/run-list.js';
import { must } from './invariants.js';

export class RunCheck {
  /** Results whose runs must be told next. */
  #untold = 0;
  readonly #returned = new Set<number>();

  take(event: AuditEvent): void {
    if (event.type !== 'runs-ended') {
      must(this.#untold === 0, `${this.#untold} results came, and their runs were not told`);
      if (event.type === 'results-received') this.#untold = event.count;
      return;
    }
    const runs = parseRunList(event.runs);
    must(runs !== undefined, `no list of runs: ${event.runs}`);
    if (this.#untold > 0) {
      this.#untold -= runs?.length ?? 0;
      must(this.#untold >= 0, 'more runs were told than results came');
    }
    for (const { task, outcome } of runs ?? []) {
      if (outcome !== 'ok') continue;
      must(!this.#returned.has(task), `TASK-${task} returned twice`);
      this.#returned.add(task);
    }
  }
}
