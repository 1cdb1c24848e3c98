/**
 * The part of `@opentelemetry/api` that is used here, and its loading. The package is the program's: it is looked for only
 * in a process that has registered an OpenTelemetry SDK, so that all others start and run as if there were none.
 */

import { createRequire } from 'node:module';

export interface TraceState {
  set(key: string, value: string): TraceState;
  unset(key: string): TraceState;
  get(key: string): string | undefined;
  serialize(): string;
}

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
  readonly traceState?: TraceState;
}

export interface Span {
  spanContext(): SpanContext;
  isRecording(): boolean;
  setAttribute(key: string, value: string | number): unknown;
  addEvent(name: string, attributes: Readonly<Record<string, string | number>>): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  end(endTime?: number): void;
}

/** Opaque here. */
export interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
}

interface SpanOptions {
  readonly kind: number;
  readonly attributes: Record<string, string | number>;
  readonly links: { readonly context: SpanContext }[];
}

export interface TracingApi {
  readonly ROOT_CONTEXT: Context;
  readonly SpanKind: { readonly CONSUMER: number };
  readonly SpanStatusCode: { readonly ERROR: number };
  createTraceState(rawTraceState: string): TraceState;
  readonly trace: {
    getActiveSpan(): Span | undefined;
    getTracer(name: string): { startSpan(name: string, options: SpanOptions, context: Context): Span };
    setSpan(context: Context, span: Span): Context;
    setSpanContext(context: Context, spanContext: SpanContext): Context;
  };
  readonly context: {
    active(): Context;
    with<T>(context: Context, fn: () => T): T;
  };
}

/** All copies of the package in a process find one another by it. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

let looked = false;
let api: TracingApi | undefined;

/**
 * Undefined in a process without an SDK, or if the package is not installed. An SDK that is registered later than the
 * first call with one is not needed: all copies use the same. Call it when a master or a slave starts.
 */
export function findTracing(): TracingApi | undefined {
  if (looked || !(REGISTERED in globalThis)) return api;
  looked = true;
  try {
    api = createRequire(import.meta.url)('@opentelemetry/api') as TracingApi;
  } catch {
    // A bundle has its own copy, which nobody can find
  }
  return api;
}
