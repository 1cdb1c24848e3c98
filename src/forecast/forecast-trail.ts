/** Runs `--forecast`: reads the trail of a master, and says how long its tasks would take with other numbers of slaves. */

import { readTrailSet } from '../audit/read/trail-set.js';
import { forecast } from './forecast.js';
import { forecastText } from './forecast-text.js';
import { TrailWorkReader } from './trail-work.js';

/** The answer, and remarks about the trail. Throws UsageError if the trail cannot be read, or lacks what is needed. */
export async function forecastTrail(
  path: string,
  slaves: readonly number[] | undefined,
): Promise<{ readonly text: string; readonly warnings: readonly string[] }> {
  const tasks = new TrailWorkReader(path);
  const reader = readTrailSet(path);
  for await (const { event, timeMs } of reader) tasks.take(event, timeMs);
  const trail = tasks.finish(reader.torn);
  return {
    text: forecastText(path, trail, forecast(trail.work, trail.places, slaves)),
    warnings: trail.remarks,
  };
}
