/** The trace context of tasks that are submitted now: that of the active span, if it records. */

import { makeTraceContext, type TraceContext } from '../wire/messages/trace-context.js';
import type { Span, TracingApi } from './tracing-api.js';

export class SubmissionTraces {
  readonly #api: TracingApi;
  /** A program often submits many tasks under one span. */
  #span: Span | undefined;
  #link: TraceContext | undefined;
  #parent: TraceContext | undefined;

  constructor(api: TracingApi) {
    this.#api = api;
  }

  /** Undefined outside of a span that records. The same object again for the same span. */
  take(how: 'link' | 'parent'): TraceContext | undefined {
    const span = this.#api.trace.getActiveSpan();
    if (span === undefined || !span.isRecording()) return undefined;
    if (span !== this.#span) {
      this.#span = span;
      this.#link = contextOf(span, false);
      this.#parent = this.#link && { ...this.#link, isParent: true };
    }
    return how === 'parent' ? this.#parent : this.#link;
  }
}

function contextOf(span: Span, isParent: boolean): TraceContext | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return makeTraceContext(`00-${traceId}-${spanId}-${flags}`, traceState?.serialize() ?? '', isParent);
}
