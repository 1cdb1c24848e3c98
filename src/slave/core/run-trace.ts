/** The port by which a slave core tells a tracer of runs, if there is one: see src/tracing. */

import type { TraceContext } from '../../wire/messages/trace-context.js';

/** The part that a task has in a span. */
export interface RunTrace {
  /** Calls it with the span active. */
  run<T>(fn: () => T): T;
  /** The run has ended: with what it threw, or after its time was over, if it is not ok. */
  end(outcome: { readonly ok: boolean; readonly thrown?: unknown; readonly timedOut?: boolean }): void;
  /** It never begins. */
  skip(): void;
}

export interface RunTracer {
  /** The traces of a message's tasks, by their positions. */
  open(
    sid: string,
    contexts: ReadonlyMap<number, TraceContext>,
    tasks: readonly { readonly taskId: string; readonly attempt: number; readonly algorithm: string }[],
  ): (position: number) => RunTrace | undefined;
  /** No task that has not begun begins any more. */
  dropWaiting(): void;
}
