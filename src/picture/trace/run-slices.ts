/** The runs of a trace: slices on the tracks of their slaves, with arrows from failed runs to the next ones. */

import type { AuditEventOf } from '../../audit/events.js';
import { type AuditedRun, parseRunList, type RunOutcome } from '../../audit/format/run-list.js';
import { RetryFlows } from './retry-flows.js';
import type { PlacedRun } from './run-lanes.js';
import type { TraceEvent } from './trace-event.js';
import type { SlaveTracks, TraceTracks } from './trace-tracks.js';

/** A trail in text has whole seconds, and one in JSON whole milliseconds: a line may be later by so much. */
const FINE_SLACK_MICROS = 1_000;
const COARSE_SLACK_MICROS = 1_000_000;

const COLOURS: Readonly<Partial<Record<RunOutcome, string>>> = {
  error: 'terrible',
  timeout: 'bad',
  lost: 'black',
  ignored: 'grey',
};

/** Runs whose results came together. */
interface Batch {
  readonly slave: SlaveTracks;
  readonly ts: number;
  readonly runs: { readonly run: AuditedRun; readonly event: AuditEventOf<'runs-ended'> }[];
}

export class RunSlices {
  readonly #emit: (event: TraceEvent) => void;
  readonly #tracks: TraceTracks;
  readonly #flows: RetryFlows;
  /** Until a time has been read that has milliseconds. */
  #isCoarse = true;
  #batch: Batch | undefined;
  count = 0;

  constructor(emit: (event: TraceEvent) => void, tracks: TraceTracks) {
    this.#emit = emit;
    this.#tracks = tracks;
    this.#flows = new RetryFlows(emit);
  }

  get numFlowsLeftOut(): number {
    return this.#flows.numLeftOut;
  }

  /** Of any line, in Unix milliseconds. */
  noteTime(timeMs: number): void {
    this.#isCoarse &&= timeMs % 1_000 === 0;
  }

  /** A master begins. */
  clear(): void {
    this.#flows.clear();
  }

  /** The task, whose last run has failed, runs again. */
  awaitNext(taskId: string): void {
    this.#flows.awaitNext(taskId);
  }

  /** Its place is decided by `place`, when the other runs of its message are known. */
  gather(event: AuditEventOf<'runs-ended'>, ts: number): void {
    const slave = this.#tracks.find(event.sid);
    if (this.#batch?.slave !== slave) this.place();
    this.#batch ??= { slave, ts, runs: [] };
    for (const run of parseRunList(event.runs) ?? []) this.#batch.runs.push({ run, event });
  }

  /** A line of another kind follows, or the end. */
  place(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    const { slave, ts, runs } = batch;
    slave.runs += runs.length;
    this.count += runs.length;
    this.#flows.beginBatch();
    const slack = this.#isCoarse ? COARSE_SLACK_MICROS : FINE_SLACK_MICROS;
    const placed = slave.lanes.place(
      runs.map(({ run }) => run.micros),
      ts,
      slack,
    );
    for (const [index, at] of placed.entries()) {
      const { run, event } = runs[index] as Batch['runs'][number];
      this.#drawRun(slave, run, event, at);
    }
  }

  #drawRun(
    slave: SlaveTracks,
    run: AuditedRun,
    { algorithm, kind }: AuditEventOf<'runs-ended'>,
    { lane, ts, dur }: PlacedRun,
  ): void {
    const place = this.#tracks.placeOf(slave, lane);
    const { task, attempt, outcome, micros } = run;
    const args = { task: `TASK-${task}`, attempt, outcome, micros, sid: slave.sid, kind };
    const cname = COLOURS[outcome];
    const coloured = cname === undefined ? {} : { cname };
    this.#emit({
      ph: 'X',
      name: algorithm ?? 'ignored run',
      cat: 'run',
      ...place,
      ts,
      dur,
      ...coloured,
      args,
    });
    this.#flows.takeRun(run, { ...place, ts, dur });
  }
}
