/** The slaves of `bench/start-up.ts`: each reports when its first task began, and its processor time and memory so far. */

import { defineAlgorithm, initialize } from 'ts-mw';

export interface FirstTask {
  /** Milliseconds since 1970, with fractions. */
  readonly beganAt: number;
  /** User and system time of the process until then. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

export const firstTask = defineAlgorithm('firstTask', (): FirstTask => {
  const beganAt = performance.timeOrigin + performance.now();
  const { user, system } = process.cpuUsage();
  return { beganAt, cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() };
});

if (process.argv.includes('--slave')) await initialize();
