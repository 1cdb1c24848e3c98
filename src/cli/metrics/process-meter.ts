/** Measures this process: its event loop, its memory, its processor. Runs from its start to `stop`. */

import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { MetricFamily } from './exposition.js';

/** Node counts the time between two looks, which is this long when nothing delays them. */
const LOOK_MS = 20;
/** Delays are those of the last one to two of these. */
const WINDOW_MS = 15_000;

interface Delays {
  readonly maxSeconds: number;
  readonly meanSeconds: number;
}

export class ProcessMeter {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOK_MS });
  readonly #timer: NodeJS.Timeout;
  #before: Delays = { maxSeconds: 0, meanSeconds: 0 };

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#before = this.#delays();
      this.#histogram.reset();
    }, WINDOW_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  families(): MetricFamily[] {
    const now = this.#delays();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const { active } = performance.eventLoopUtilization();
    const startSeconds = Math.round(performance.timeOrigin) / 1_000;
    const maxSeconds = Math.max(now.maxSeconds, this.#before.maxSeconds);
    return [
      gauge(
        'ts_mw_event_loop_delay_max',
        "The longest delay of the master's event loop in about 15 seconds",
        maxSeconds,
        'seconds',
      ),
      gauge(
        'ts_mw_event_loop_delay_mean',
        "The mean delay of the master's event loop in about 15 seconds",
        now.meanSeconds,
        'seconds',
      ),
      counter(
        'ts_mw_event_loop_busy',
        "Time in which the master's event loop was busy",
        active / 1_000,
        'seconds',
      ),
      counter('process_cpu', 'Processor time of the master process', (user + system) / 1e6, 'seconds'),
      gauge('process_resident_memory', 'Resident memory of the master process', rss, 'bytes'),
      gauge('ts_mw_heap_used', 'JavaScript heap of the master process that is in use', heapUsed, 'bytes'),
      gauge('process_start_time', 'Start of the master process since 1970', startSeconds, 'seconds'),
    ];
  }

  #delays(): Delays {
    const { count, max, mean } = this.#histogram;
    const secondsOf = (nanos: number): number =>
      count === 0 ? 0 : Math.max(0, nanos / 1e6 - LOOK_MS) / 1_000;
    return { maxSeconds: secondsOf(max), meanSeconds: secondsOf(mean) };
  }
}

function gauge(name: string, help: string, value: number, unit: string): MetricFamily {
  return { name: `${name}_${unit}`, type: 'gauge', help, unit, samples: [{ value }] };
}

function counter(name: string, help: string, value: number, unit: string): MetricFamily {
  return { name: `${name}_${unit}`, type: 'counter', help, unit, samples: [{ value }] };
}
