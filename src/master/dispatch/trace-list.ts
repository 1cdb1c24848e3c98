/** Gathers the trace contexts of a group: each is named once. */

import type { TraceContext, TracesOfTasks } from '../../wire/messages/trace-context.js';

export class TraceList {
  readonly #indexes = new Map<TraceContext, number>();
  readonly #carried: [position: number, index: number][] = [];

  add(position: number, context: TraceContext): void {
    let index = this.#indexes.get(context);
    if (index === undefined) {
      index = this.#indexes.size;
      this.#indexes.set(context, index);
    }
    this.#carried.push([position, index]);
  }

  get ofTasks(): TracesOfTasks {
    const contexts = Array.from(
      this.#indexes.keys(),
      ({ traceparent, tracestate, isParent }) => [traceparent, tracestate, isParent ? 1 : 0] as const,
    );
    return [contexts, this.#carried];
  }
}
