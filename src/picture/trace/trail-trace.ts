/**
 * Turns a trail's events into those of a trace, one by one: the trace of a trail of any length is written as it is read.
 * Memory grows with the number of slaves, not of lines.
 */

import { type AuditEvent, FREQUENT_EVENTS } from '../../audit/events.js';
import { countRanges } from '../../audit/format/ranges.js';
import { formatText } from '../../audit/format/text-format.js';
import { RunSlices } from './run-slices.js';
import { TraceCounters } from './trace-counters.js';
import type { TraceEvent } from './trace-event.js';
import { type SlaveTracks, TraceTracks } from './trace-tracks.js';

const TIME_PREFIX = /^.*? \[A\] /;

export class TrailTrace {
  readonly #emit: (event: TraceEvent) => void;
  readonly #tracks: TraceTracks;
  readonly #counters: TraceCounters;
  readonly #runs: RunSlices;
  #beginsMs: number | undefined;
  #ts = 0;
  #hasMaster = false;
  /** Its first line as a master was read. */
  #isReady = false;
  /** The master has finished; the lines that follow, of the trail itself for example, are still its own. */
  #isOver = false;
  #memberId = '';
  numResults = 0;
  numDropped = 0;

  constructor(emit: (event: TraceEvent) => void) {
    this.#emit = emit;
    this.#tracks = new TraceTracks(emit);
    this.#counters = new TraceCounters(emit);
    this.#runs = new RunSlices(emit, this.#tracks);
  }

  /** Unix milliseconds of the beginning, which has the time 0; undefined if no line was read. */
  get beginsMs(): number | undefined {
    return this.#beginsMs;
  }

  get numRuns(): number {
    return this.#runs.count;
  }

  /** Retries whose arrow is missing, since too many waited at a time. */
  get numFlowsLeftOut(): number {
    return this.#runs.numFlowsLeftOut;
  }

  take(event: AuditEvent, timeMs: number): void {
    this.#beginsMs ??= timeMs;
    this.#runs.noteTime(timeMs);
    // A clock that is set back does not take the trace back
    this.#ts = Math.max(this.#ts, Math.round((timeMs - this.#beginsMs) * 1_000));
    if (event.type === 'runs-ended') {
      if (!this.#hasMaster) this.#beginMaster();
      this.#runs.gather(event, this.#ts);
      return;
    }
    this.#runs.place();
    if (event.type === 'init' || event.type === 'version') {
      // Slaves may write to the same trail
      if (event.type === 'init' && event.role === 'master') {
        this.#endMaster();
        this.#memberId = event.memberId;
        this.#isOver = false;
      }
      return;
    }
    // A program's first lines may have been rotated away
    if (event.type === 'master-ready') {
      if (this.#isReady) this.#endMaster();
      this.#isOver = false;
    }
    if (!this.#hasMaster && !this.#isOver) this.#beginMaster();
    this.#isReady ||= event.type === 'master-ready';
    // Slices and counters show what each message brings
    if (event.type === 'tasks-submitted' || !FREQUENT_EVENTS.has(event.type)) this.#tell(event, timeMs);
    this.#count(event);
    this.#counters.tell(this.#tracks.master.pid, this.#ts);
    if (event.type === 'master-finished') {
      this.#endMaster();
      this.#isOver = true;
    }
  }

  /** Call it at the end of the trail. */
  finish(): void {
    this.#runs.place();
    this.#endMaster();
  }

  #beginMaster(): void {
    this.#hasMaster = true;
    this.#isReady = false;
    this.#tracks.beginMaster(this.#memberId);
    this.#counters.clear();
    this.#runs.clear();
  }

  #endMaster(): void {
    if (!this.#hasMaster) return;
    for (const slave of this.#tracks.slaves()) this.#rest(slave);
    this.#counters.tell(this.#tracks.master.pid, this.#ts, true);
    this.#hasMaster = false;
  }

  #tell(event: AuditEvent, timeMs: number): void {
    const line = formatText(event, timeMs).replace(TIME_PREFIX, '');
    const { master } = this.#tracks;
    this.#emit({ ph: 'i', s: 't', cat: 'event', name: event.type, ...master, ts: this.#ts, args: { line } });
  }

  #count(event: AuditEvent): void {
    const counters = this.#counters;
    switch (event.type) {
      case 'slave-connecting':
        this.#tracks.join(event.sid, event.host, event.concurrency ?? 1);
        break;
      case 'slave-busy':
        this.#work(this.#tracks.find(event.sid));
        break;
      case 'slave-idle':
        this.#rest(this.#tracks.find(event.sid));
        break;
      case 'slave-lost':
      case 'slave-left':
      case 'slave-disconnected': {
        const slave = this.#tracks.find(event.sid);
        this.#rest(slave);
        this.#give(slave, -slave.outstanding);
        break;
      }
      case 'tasks-sent':
        this.#give(this.#tracks.find(event.sid), event.count);
        break;
      case 'tasks-recalled':
        this.#give(this.#tracks.find(event.sid), -event.count);
        break;
      case 'results-received': {
        const slave = this.#tracks.find(event.sid);
        this.numResults += event.count;
        slave.results += event.count;
        counters.results += event.count;
        this.#give(slave, -event.count);
        break;
      }
      case 'tasks-submitted':
        for (const { count } of event.algorithms) counters.submitted += count;
        break;
      case 'tasks-settled':
        counters.settled += countRanges(event.ok) + countRanges(event.error) + countRanges(event.unrunnable);
        break;
      case 'result-dropped':
        counters.results--;
        break;
      case 'task-retried':
        counters.results--;
        this.#runs.awaitNext(event.taskId);
        break;
      case 'task-reclaimed':
        this.#runs.awaitNext(event.taskId);
        break;
      case 'audit-dropped':
        this.numDropped += event.count;
        break;
      default:
    }
  }

  /** A result may come from a slave that is gone. */
  #give(slave: SlaveTracks, count: number): void {
    const outstanding = Math.max(0, slave.outstanding + count);
    this.#counters.outstanding += outstanding - slave.outstanding;
    slave.outstanding = outstanding;
  }

  #work(slave: SlaveTracks): void {
    if (slave.busySince !== undefined) return;
    slave.busySince = this.#ts;
    slave.results = 0;
    slave.runs = 0;
    this.#counters.busy++;
  }

  /** A slave whose runs the trail does not have shows when it was busy instead. */
  #rest(slave: SlaveTracks): void {
    const { busySince, results, runs, sid } = slave;
    if (busySince === undefined) return;
    slave.busySince = undefined;
    this.#counters.busy--;
    if (runs > 0 || results === 0) return;
    const { lane, ts, dur } = slave.lanes.placeBetween(busySince, this.#ts);
    const place = this.#tracks.placeOf(slave, lane);
    this.#emit({ ph: 'X', name: 'busy', cat: 'busy', ...place, ts, dur, args: { sid, results } });
  }
}
