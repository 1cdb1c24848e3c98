/** Traces of the simulation: some tasks carry a context, those of five submissions the same, and no run ends twice. */
import type { RunTrace, RunTracer } from '../../src/slave/core/run-trace.js';
import { makeTraceContext, type TraceContext } from '../../src/wire/messages/trace-context.js';

export class TraceCheck implements RunTracer {
  #submitted = 0;
  #context: TraceContext | undefined;
  /** Runs that ended with a trace. */
  ended = 0;

  /** For every third submission there is none. */
  readonly take = (how: 'link' | 'parent'): TraceContext | undefined => {
    const number = ++this.#submitted;
    if (number % 5 === 1 || this.#context?.isParent !== (how === 'parent')) {
      const id = number.toString(16).padStart(16, '0');
      this.#context = makeTraceContext(`00-${id}${id}-${id}-01`, 'simulated=1', how === 'parent');
    }
    return number % 3 === 0 ? undefined : this.#context;
  };

  open(
    sid: string,
    contexts: ReadonlyMap<number, TraceContext>,
    tasks: readonly { readonly taskId: string }[],
  ): (position: number) => RunTrace | undefined {
    return (position) => {
      const name = `${sid} ${tasks[position]?.taskId}`;
      return contexts.has(position) ? this.#traceOf(name) : undefined;
    };
  }

  dropWaiting(): void {}

  #traceOf(name: string): RunTrace {
    let isOver = false;
    const end = (): void => {
      if (isOver) throw new Error(`the trace of ${name} has ended already`);
      isOver = true;
    };
    return {
      run: (fn) => fn(),
      end: () => {
        end();
        this.ended++;
      },
      skip: end,
    };
  }
}
