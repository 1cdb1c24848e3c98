/**
 * The spans of runs on a slave. The tasks of one message that were submitted under one span have one span too, from the
 * begin of the first run to the end of the last: a span for each of a thousand small tasks would take longer than the task.
 * A task that comes alone, as each long one does, has a span of its own.
 */

import { valueText } from '../structures/value-text.js';
import type { TraceContext } from '../wire/messages/trace-context.js';
import type { Context, Span, SpanContext, TracingApi } from './tracing-api.js';

/** A task of a message. */
interface TracedTask {
  readonly taskId: string;
  readonly attempt: number;
  readonly algorithm: string;
}

/** As a run ends: with what it threw, or after its time was over. */
interface Outcome {
  readonly ok: boolean;
  readonly thrown?: unknown;
  readonly timedOut?: boolean;
}

/** The part that a task has in its span. */
export interface RunTrace {
  /** Calls it with the span active. */
  run<T>(fn: () => T): T;
  end(outcome: Outcome): void;
  /** It never begins. */
  skip(): void;
}

const TRACER = 'ts-mw';

export class RunSpans {
  readonly #api: TracingApi;
  /** Spans of which a task runs or may still begin. */
  readonly #open = new Set<GroupSpan>();

  constructor(api: TracingApi) {
    this.#api = api;
  }

  /** The traces of a message's tasks, by their positions. */
  open(
    sid: string,
    contexts: ReadonlyMap<number, TraceContext>,
    tasks: readonly TracedTask[],
  ): (position: number) => RunTrace | undefined {
    const groups = new Map<TraceContext, GroupSpan>();
    const traces = new Map<number, RunTrace>();
    for (const [position, context] of contexts) {
      const task = tasks[position];
      if (task === undefined) continue;
      let group = groups.get(context);
      if (group === undefined) {
        group = new GroupSpan(this.#api, sid, context, (ended) => this.#open.delete(ended));
        groups.set(context, group);
        this.#open.add(group);
      }
      traces.set(position, group.add(task));
    }
    return (position) => traces.get(position);
  }

  /** No task that has not begun begins any more. */
  dropWaiting(): void {
    for (const group of this.#open) group.dropWaiting();
  }
}

class GroupSpan {
  readonly #api: TracingApi;
  readonly #sid: string;
  readonly #from: TraceContext;
  readonly #onEnd: (group: GroupSpan) => void;
  #first: TracedTask | undefined;
  #isMixed = false;
  #waiting = 0;
  #running = 0;
  #begun = 0;
  #failed = 0;
  #given = 0;
  #span: Span | undefined;
  /** When the last run ended, by `performance.now()`. */
  #endedAt = 0;
  #isOver = false;

  constructor(api: TracingApi, sid: string, from: TraceContext, onEnd: (group: GroupSpan) => void) {
    this.#api = api;
    this.#sid = sid;
    this.#from = from;
    this.#onEnd = onEnd;
  }

  /** Another task of the message; none after the first run. */
  add(task: TracedTask): RunTrace {
    this.#isMixed ||= this.#first !== undefined && this.#first.algorithm !== task.algorithm;
    this.#first ??= task;
    this.#given++;
    this.#waiting++;
    return {
      run: (fn) => this.#run(fn),
      end: (outcome) => this.#end(task, outcome),
      skip: () => this.#skip(),
    };
  }

  dropWaiting(): void {
    this.#waiting = 0;
    this.#closeIfOver(this.#endedAt);
  }

  #run<T>(fn: () => T): T {
    const { context, trace } = this.#api;
    this.#waiting = Math.max(0, this.#waiting - 1);
    this.#running++;
    this.#begun++;
    this.#span ??= this.#start();
    return context.with(trace.setSpan(context.active(), this.#span), fn);
  }

  #start(): Span {
    const { ROOT_CONTEXT, SpanKind, trace } = this.#api;
    const from = spanContextOf(this.#from, this.#api);
    const { isParent } = this.#from;
    const context: Context = isParent ? trace.setSpanContext(ROOT_CONTEXT, from) : ROOT_CONTEXT;
    const { algorithm = '', taskId = '', attempt = 1 } = this.#first ?? {};
    const attributes: Record<string, string | number> = { 'ts_mw.slave.id': this.#sid };
    if (!this.#isMixed) attributes['ts_mw.algorithm'] = algorithm;
    if (this.#given === 1) {
      attributes['ts_mw.task.id'] = taskId;
      attributes['ts_mw.task.attempt'] = attempt;
    }
    const name = this.#isMixed ? 'run tasks' : `run ${algorithm}`;
    const links = isParent ? [] : [{ context: from }];
    return trace.getTracer(TRACER).startSpan(name, { kind: SpanKind.CONSUMER, attributes, links }, context);
  }

  #end(task: TracedTask, outcome: Outcome): void {
    this.#running--;
    this.#endedAt = performance.now();
    if (!outcome.ok) this.#fail(task, outcome);
    this.#closeIfOver();
  }

  #fail(task: TracedTask, { thrown, timedOut }: Outcome): void {
    this.#failed++;
    // Its arguments could not be read, or its algorithm is not there
    this.#span ??= this.#start();
    const { name, message, stack } = timedOut
      ? new DOMException(`${task.taskId} exceeded its time limit`, 'TimeoutError')
      : thrown instanceof Error
        ? thrown
        : { name: typeof thrown, message: valueText(thrown), stack: undefined };
    this.#span.addEvent('exception', {
      'exception.type': name,
      'exception.message': message,
      ...(stack === undefined ? {} : { 'exception.stacktrace': stack }),
      'ts_mw.task.id': task.taskId,
      'ts_mw.task.attempt': task.attempt,
    });
    if (this.#given === 1) this.#setError(`${name}: ${message}`);
  }

  #skip(): void {
    this.#waiting = Math.max(0, this.#waiting - 1);
    this.#closeIfOver(this.#endedAt);
  }

  /** The span ends now, or when the last run did. */
  #closeIfOver(endedAt?: number): void {
    if (this.#waiting + this.#running > 0 || this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(this);
    const span = this.#span;
    if (span === undefined) return;
    if (this.#given > 1) {
      span.setAttribute('ts_mw.group.tasks', this.#begun);
      span.setAttribute('ts_mw.group.failed', this.#failed);
      if (this.#failed > 0) this.#setError(`${this.#failed} of ${this.#begun} tasks failed`);
    }
    span.end(endedAt);
  }

  #setError(message: string): void {
    this.#span?.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }
}

function spanContextOf(
  { traceparent, tracestate }: TraceContext,
  { createTraceState }: TracingApi,
): SpanContext {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return tracestate === '' ? context : { ...context, traceState: createTraceState(tracestate) };
}
