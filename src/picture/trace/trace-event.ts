/**
 * Events of the Trace Event format, which Perfetto and chrome://tracing open. Times are whole microseconds since the
 * beginning of the trail.
 */

type Arguments = Readonly<Record<string, unknown>>;

/** Where an event is drawn: machines and masters are its processes, slaves its threads. */
export interface TracePlace {
  readonly pid: number;
  readonly tid: number;
}

/** The name of a process or a thread, or its place among the others. */
interface TraceName extends TracePlace {
  readonly ph: 'M';
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index';
  readonly args: Arguments;
}

interface TraceSlice extends TracePlace {
  readonly ph: 'X';
  readonly name: string;
  readonly cat: 'run' | 'busy';
  readonly ts: number;
  readonly dur: number;
  /** A colour of chrome://tracing. */
  readonly cname?: string;
  readonly args: Arguments;
}

/** An arrow from the slice around the start to the one around the end. */
interface TraceFlow extends TracePlace {
  readonly ph: 's' | 'f';
  /** The slice around the end, instead of the next one. */
  readonly bp?: 'e';
  readonly id: number;
  readonly name: 'retry';
  readonly cat: 'retry';
  readonly ts: number;
}

interface TraceCounter {
  readonly ph: 'C';
  readonly name: string;
  readonly pid: number;
  readonly ts: number;
  readonly args: Readonly<Record<string, number>>;
}

interface TraceInstant extends TracePlace {
  readonly ph: 'i';
  readonly s: 't';
  readonly name: string;
  readonly cat: 'event';
  readonly ts: number;
  readonly args: Arguments;
}

export type TraceEvent = TraceName | TraceSlice | TraceFlow | TraceCounter | TraceInstant;
