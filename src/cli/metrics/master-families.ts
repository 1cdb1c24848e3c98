/** The metrics of a master, made of its picture and of what its core counts. No label is a task, a slave or a host. */

import type { CoreCounters } from '../../master/core/core-counters.js';
import type { AlgorithmTally } from '../../picture/algorithm-tallies.js';
import type { Buckets } from '../../picture/buckets.js';
import { LOSS_KINDS } from '../../picture/loss-kinds.js';
import type { Picture } from '../../picture/picture.js';
import type { Turnarounds } from '../../picture/turnarounds.js';
import type { Waits } from '../../picture/waits.js';
import type { HistogramSample, MetricFamily, Sample } from './exposition.js';

interface MasterReading {
  readonly version: string;
  readonly picture: Picture;
  readonly turnarounds: Turnarounds;
  readonly waits: Waits;
  /** Undefined before the master has started. */
  readonly counters: CoreCounters | undefined;
  readonly nowMs: number;
}

/** Algorithms with labels of their own: those whose tasks came first. */
const MOST_ALGORITHMS = 50;
const OTHER = 'other';

const RUN_SECONDS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3_600];
/** Times from submission to fate, which are told within a second. */
export const TURNAROUND_SECONDS = [1, 5, 15, 60, 300, 1_800, 7_200, 86_400];
/** Times from submission to the first run. */
export const WAIT_SECONDS = [0.01, 0.1, ...TURNAROUND_SECONDS];

export function masterFamilies(reading: MasterReading): MetricFamily[] {
  const { version } = reading;
  return [
    {
      name: 'ts_mw_build_info',
      type: 'gauge',
      help: 'The version of ts-mw',
      samples: [{ labels: { version }, value: 1 }],
    },
    ...taskFamilies(reading),
    ...queueFamilies(reading),
    ...slaveFamilies(reading),
    ...troubleFamilies(reading),
  ];
}

function taskFamilies({ picture, turnarounds, waits }: MasterReading): MetricFamily[] {
  const { algorithms, counts, unrunnable } = picture;
  const all = Array.from(algorithms.byName, ([algorithm, tally]) => ({ algorithm, tally }));
  // One that is called `other` is among the others: no two samples may have the same labels
  const own = all.filter(({ algorithm }) => algorithm !== OTHER).slice(0, MOST_ALGORITHMS);
  const others = all.filter((one) => !own.includes(one)).map(({ tally }) => tally);
  const perAlgorithm = (labels: object, read: (tally: AlgorithmTally) => number): Sample[] => [
    ...own.map(({ algorithm, tally }) => ({ labels: { algorithm, ...labels }, value: read(tally) })),
    ...(others.length === 0
      ? []
      : [
          {
            labels: { algorithm: OTHER, ...labels },
            value: others.reduce((sum, tally) => sum + read(tally), 0),
          },
        ]),
  ];
  const runs = (algorithm: string, tallies: readonly AlgorithmTally[]): HistogramSample => {
    const bounds = RUN_SECONDS.map((seconds) => seconds * 1e6);
    const all = tallies.map(({ times }) => times.within(bounds));
    return {
      labels: { algorithm },
      bounds: RUN_SECONDS,
      cumulated: bounds.map((_, at) => all.reduce((sum, counts) => sum + (counts[at] ?? 0), 0)),
      sum: tallies.reduce((sum, { times }) => sum + times.micros, 0) / 1e6,
      count: tallies.reduce((sum, { times }) => sum + times.count, 0),
    };
  };
  return [
    counter(
      'ts_mw_tasks_submitted',
      'Tasks that were submitted',
      perAlgorithm({}, ({ submitted }) => submitted),
    ),
    counter('ts_mw_tasks_settled', 'Tasks with a fate, by status', [
      ...perAlgorithm({ status: 'ok' }, ({ ok }) => ok),
      ...perAlgorithm({ status: 'error' }, ({ error }) => error),
      ...perAlgorithm({ status: 'unrunnable' }, (tally) => tally.unrunnable),
    ]),
    counter(
      'ts_mw_tasks_unrunnable',
      'Unrunnable tasks, by reason',
      Array.from(unrunnable, ([reason, value]) => ({ labels: { reason }, value })),
    ),
    counter('ts_mw_task_retries', 'Runs of tasks that were repeated or doubled, by cause', [
      { labels: { cause: 'error' }, value: counts.retried - counts.retriedTooLong },
      { labels: { cause: 'timeout' }, value: counts.retriedTooLong },
      { labels: { cause: 'slave-lost' }, value: counts.reclaimed },
      { labels: { cause: 'slow' }, value: counts.backedUp },
    ]),
    {
      name: 'ts_mw_task_run_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Run times of tasks on slaves, at most 3 % off',
      samples: [
        ...own.map(({ algorithm, tally }) => runs(algorithm, [tally])),
        ...(others.length === 0 ? [] : [runs(OTHER, others)]),
      ],
    },
    {
      name: 'ts_mw_task_wait_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Times of tasks from submission to their first run, found from when its result came',
      samples: [histogram(waits.buckets)],
    },
    {
      name: 'ts_mw_task_turnaround_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Times of tasks from submission to fate, waiting included, within about a second',
      samples: [histogram(turnarounds.buckets)],
    },
  ];
}

function queueFamilies({ counters, turnarounds, nowMs }: MasterReading): MetricFamily[] {
  if (counters === undefined) return [];
  const { queued, running, pending, untaken, oldest, sentBytes, receivedBytes } = counters;
  const age = oldest === undefined ? 0 : turnarounds.ageOf(oldest, nowMs);
  return [
    gauge('ts_mw_tasks_queued', 'Tasks that wait for a slave', queued),
    gauge('ts_mw_tasks_running', 'Tasks that slaves have', running),
    gauge('ts_mw_tasks_pending', 'Tasks without a fate that the program can have', pending),
    gauge('ts_mw_fates_untaken', 'Fates that the program has not taken', untaken),
    gauge(
      'ts_mw_oldest_task_age_seconds',
      'Time since the submission of the oldest task without a fate',
      age,
      'seconds',
    ),
    counter(
      'ts_mw_sent_bytes',
      'Bytes of tasks and their frames that went to slaves',
      [{ value: sentBytes }],
      'bytes',
    ),
    counter(
      'ts_mw_received_bytes',
      'Bytes of results and their frames that came from slaves',
      [{ value: receivedBytes }],
      'bytes',
    ),
  ];
}

function slaveFamilies({ picture }: MasterReading): MetricFamily[] {
  const { slaves, counts, lossKinds } = picture;
  const states = Object.entries(slaves.countStates());
  return [
    {
      name: 'ts_mw_slaves',
      type: 'gauge',
      help: 'Connected slaves, by state',
      samples: states.map(([state, value]) => ({ labels: { state }, value })),
    },
    counter('ts_mw_slaves_joined', 'Sessions of slaves that began', [{ value: slaves.joined }]),
    counter('ts_mw_slaves_rejoined', 'Sessions that continue an earlier one', [{ value: counts.rejoined }]),
    counter('ts_mw_slaves_gone', 'Slaves that left by themselves or were shut down', [
      { labels: { how: 'left' }, value: counts.left },
      { labels: { how: 'shut-down' }, value: counts.shutDown },
    ]),
    counter(
      'ts_mw_slaves_lost',
      'Slaves that were lost, by the kind of evidence',
      LOSS_KINDS.map((evidence) => ({ labels: { evidence }, value: lossKinds.get(evidence) ?? 0 })),
    ),
    counter(
      'ts_mw_slave_busy_seconds',
      'Time that slaves computed, as their results say',
      [{ value: counts.computedMicros / 1e6 }],
      'seconds',
    ),
  ];
}

function troubleFamilies({ picture: { counts } }: MasterReading): MetricFamily[] {
  return [
    counter('ts_mw_tasks_recalled', 'Tasks taken back from a slave before they began', [
      { value: counts.recalled },
    ]),
    counter('ts_mw_results_dropped', 'Results that came too late, twice or from the wrong slave', [
      { value: counts.resultsDropped },
    ]),
    counter('ts_mw_audit_lines_dropped', 'Lines that the audit trail could not write', [
      { value: counts.linesDropped },
    ]),
    counter('ts_mw_slaves_refused', 'Processes that were not let in as slaves', [{ value: counts.refused }]),
    counter(
      'ts_mw_login_failures',
      'Connections and requests refused for wrong credentials, none, or where they come from',
      [{ value: counts.authFailures }],
    ),
  ];
}

function counter(name: string, help: string, samples: readonly Sample[], unit?: string): MetricFamily {
  return { name, type: 'counter', help, unit, samples };
}

function histogram(buckets: Buckets): HistogramSample {
  const { bounds, sum, count } = buckets;
  return { bounds, cumulated: buckets.cumulated(), sum, count };
}

function gauge(name: string, help: string, value: number, unit?: string): MetricFamily {
  return { name, type: 'gauge', help, unit, samples: [{ value }] };
}
