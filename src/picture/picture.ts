/**
 * The state of a computation that people look at, folded from the audit events of its master: what the progress
 * line, metrics and reports read. A fold without clock, timer or file: events and their times go in, and the one number
 * of the core that a reader of progress needs.
 *
 * All that it keeps is bounded, and what is beyond a bound is counted under a name that says so: algorithms
 * (`other algorithms`), failures and losses (`other reasons`), slaves (`slaves.unseen`). Lines that a trail lost are in
 * `counts.linesDropped`: then all numbers are too low. Masters that follow each other in one trail are added up.
 */

import type { AuditEvent } from '../audit/events.js';
import { KILLED, whyUnrunnable } from '../audit/format/failure-words.js';
import { AlgorithmTallies } from './algorithm-tallies.js';
import { ConnectedSlaves } from './connected-slaves.js';
import { Failures, OTHERS } from './failures.js';
import { type LossKind, lossKindOf } from './loss-kinds.js';
import { RecentCounts } from './recent-counts.js';
import { Tallies } from './tallies.js';

/** Kinds of words for the loss of a slave. */
const MOST_LOSSES = 200;
/** Reasons why tasks are unrunnable; ts-mw has fewer. */
const MOST_REASONS = 32;

export class Picture {
  readonly algorithms = new AlgorithmTallies();
  readonly slaves = new ConnectedSlaves();
  readonly failures = new Failures();
  /** Why slaves were lost, in their own words but for times, and how often. */
  readonly losses = new Tallies(MOST_LOSSES, OTHERS);
  readonly lossKinds = new Map<LossKind, number>();
  /** Why tasks were unrunnable, and how often. */
  readonly unrunnable = new Tallies(MOST_REASONS, OTHERS);
  readonly settledLately = new RecentCounts();
  readonly counts = {
    events: 0,
    rejoined: 0,
    refused: 0,
    shutDown: 0,
    left: 0,
    lost: 0,
    recalled: 0,
    backedUp: 0,
    reclaimed: 0,
    /** Runs that threw, or took too long, and are repeated. */
    retried: 0,
    /** Those that took too long among them. */
    retriedTooLong: 0,
    cancelled: 0,
    killed: 0,
    computedMicros: 0,
    resultsDropped: 0,
    linesDropped: 0,
    authFailures: 0,
  };
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  /** When a task was last submitted. */
  submittedMs = Number.NEGATIVE_INFINITY;
  /** The master has ended. */
  isFinished = false;
  /** Tasks that the master has still to make, as its core counts them; undefined if it does not know. No event has it. */
  yetToCome: number | undefined = 0;

  take(event: AuditEvent, timeMs: number): void {
    const { counts, slaves } = this;
    counts.events++;
    this.firstMs = Math.min(this.firstMs, timeMs);
    this.lastMs = Math.max(this.lastMs, timeMs);
    switch (event.type) {
      // A frequent one, which says nothing that is not told otherwise
      case 'tasks-sent':
        return;
      case 'results-received':
        slaves.countResults(event.sid, event.count);
        return;
      case 'slave-idle':
        slaves.setState(event.sid, 'idle');
        return;
      case 'slave-busy':
        slaves.setState(event.sid, 'busy');
        return;
      case 'slave-computed':
        counts.computedMicros += event.micros;
        return;
      case 'tasks-submitted':
        for (const { algorithm, count } of event.algorithms) this.algorithms.submit(algorithm, count);
        this.submittedMs = timeMs;
        return;
      case 'tasks-settled':
        this.settledLately.add(timeMs, this.algorithms.settle(event));
        return;
      case 'master-ready':
        this.isFinished = false;
        this.#endRun();
        return;
      case 'master-finished':
        this.isFinished = true;
        this.#endRun();
        return;
      case 'tasks-recalled':
        counts.recalled += event.count;
        return;
      case 'result-dropped':
        counts.resultsDropped++;
        return;
      case 'audit-dropped':
        counts.linesDropped += event.count;
        return;
      case 'auth-failed':
        counts.authFailures++;
        return;
      case 'auth-failures':
      case 'dashboard-refused':
        counts.authFailures += event.count;
        return;
      default:
        if (!this.#takeOfSlave(event)) this.#takeOfTask(event);
    }
  }

  /** False if the event is not about the coming or going of slaves. */
  #takeOfSlave(event: AuditEvent): boolean {
    const { counts, slaves } = this;
    switch (event.type) {
      case 'slave-connecting':
        slaves.join(event);
        return true;
      case 'slave-rejoined':
        counts.rejoined++;
        return true;
      case 'slave-moved':
        slaves.move(event.sid, event.kind);
        return true;
      case 'slave-freed':
        slaves.move(event.sid, 'unordered');
        return true;
      case 'member-refused':
      case 'hello-refused':
        counts.refused++;
        return true;
      case 'slave-suspected':
        slaves.suspect(event.sid, true);
        return true;
      case 'suspicion-ended':
        slaves.suspect(event.sid, false);
        return true;
      case 'slave-shutting-down':
        slaves.setState(event.sid, 'shutting-down');
        return true;
      case 'slave-lost':
        if (slaves.leave(event.sid)) this.#countLoss(event.evidence);
        return true;
      case 'slave-left':
        if (slaves.leave(event.sid)) counts.left++;
        return true;
      case 'slave-disconnected':
        if (slaves.leave(event.sid)) counts.shutDown++;
        return true;
      default:
        return false;
    }
  }

  #takeOfTask(event: AuditEvent): void {
    const { counts, failures } = this;
    switch (event.type) {
      case 'task-backed-up':
        counts.backedUp++;
        return;
      case 'task-reclaimed':
        counts.reclaimed++;
        return;
      case 'task-retried':
        counts.retried++;
        if (!event.evidence.startsWith('it threw')) counts.retriedTooLong++;
        failures.add('run again', event.algorithm ?? '', event.evidence);
        return;
      case 'task-threw':
        failures.raise('threw', event.algorithm, event.message, 1);
        return;
      case 'tasks-threw':
        failures.raise('threw', event.algorithm, event.message ?? OTHERS, event.count);
        return;
      case 'task-unrunnable':
        this.unrunnable.add(event.reason);
        failures.add('unrunnable', event.algorithm, whyUnrunnable(event));
        return;
      case 'task-cancelled':
        counts.cancelled++;
        this.unrunnable.add('cancelled');
        return;
      case 'task-killed':
        counts.killed++;
        this.unrunnable.add('killed');
        failures.add('unrunnable', event.algorithm, KILLED);
        return;
      default:
    }
  }

  /** A different time does not make it another reason. */
  #countLoss(evidence: string): void {
    this.counts.lost++;
    this.losses.add(evidence.replace(/\d+\.\d+ s\b/g, 'N s'));
    const kind = lossKindOf(evidence);
    this.lossKinds.set(kind, (this.lossKinds.get(kind) ?? 0) + 1);
  }

  #endRun(): void {
    this.failures.endRun();
    this.slaves.clear();
  }
}
