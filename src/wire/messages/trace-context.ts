/** The trace context that a task carries from where it was submitted, as W3C Trace Context has it, and its way in a message. */

import { FormatError } from '../../errors.js';
import { isCount } from './count.js';

/** Tasks that were submitted under one span share one object. */
export interface TraceContext {
  /** `00-TRACE-SPAN-FLAGS` in hex. */
  readonly traceparent: string;
  /** Empty if there is none. */
  readonly tracestate: string;
  /** Whether runs are children of the span where the task was submitted; they are linked to it otherwise. */
  readonly isParent: boolean;
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** W3C asks for at least so much. */
const MOST_TRACESTATE = 512;
const TRACESTATE = new RegExp(`^[\\x20-\\x7e]{0,${MOST_TRACESTATE}}$`);
/** Of the marks around it, and of the place of each task. */
const OVERHEAD = 40;

/** The contexts of tasks, as a tasks message has them: all of them, then the index of one for some positions. */
export type TracesOfTasks = readonly [
  contexts: readonly (readonly [traceparent: string, tracestate: string, isParent: 0 | 1])[],
  carried: readonly (readonly [position: number, index: number])[],
];

/** A tracestate that is too long, or not of visible ASCII, is left out. Undefined if the traceparent is not one. */
export function makeTraceContext(
  traceparent: string,
  tracestate: string,
  isParent: boolean,
): TraceContext | undefined {
  if (!TRACEPARENT.test(traceparent)) return undefined;
  return { traceparent, tracestate: TRACESTATE.test(tracestate) ? tracestate : '', isParent };
}

/** The most bytes that it adds to a message. */
export function traceBytes({ traceparent, tracestate }: TraceContext): number {
  // A quote and a backslash take two
  return traceparent.length + 2 * tracestate.length + OVERHEAD;
}

/** By the positions of the tasks in their message; those of one context share one object. Throws FormatError. */
export function parseTracesOfTasks(value: unknown, tasks: number): ReadonlyMap<number, TraceContext> {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Array.isArray)) throw malformed();
  const [listed, carried] = value as unknown as [readonly unknown[], readonly unknown[]];
  if (listed.length > tasks) throw malformed();
  const contexts = listed.map(readContext);
  const traces = new Map<number, TraceContext>();
  for (const pair of carried) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isCount)) throw malformed();
    const [position, index] = pair as [number, number];
    const context = contexts[index];
    if (position >= tasks || context === undefined) throw malformed();
    traces.set(position, context);
  }
  return traces;
}

function readContext(value: unknown): TraceContext {
  if (!Array.isArray(value) || value.length !== 3) throw malformed();
  const [traceparent, tracestate, isParent] = value as readonly unknown[];
  const isText = typeof traceparent === 'string' && typeof tracestate === 'string';
  if (!isText || !TRACESTATE.test(tracestate) || (isParent !== 0 && isParent !== 1)) throw malformed();
  const context = makeTraceContext(traceparent, tracestate, isParent === 1);
  if (context === undefined) throw malformed();
  return context;
}

function malformed(): FormatError {
  return new FormatError('the trace contexts of a tasks message are malformed');
}
