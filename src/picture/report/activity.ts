/** The busy share of a slave's time, piece by piece, from its results. */

/** The share of a time in which a slave computed, over all its places. */
export interface BusyStretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly micros: number;
}

/** Pieces of a slave's line in a drawing. */
const MOST_ACTIVITIES = 256;

/** Adds a piece up to `toMs`; the list has no gap from `startMs` on. Clocks are sometimes set back. */
export function addActivity(
  activity: BusyStretch[],
  startMs: number,
  toMs: number,
  micros: number,
): BusyStretch[] {
  const fromMs = activity.at(-1)?.toMs ?? startMs;
  activity.push({ fromMs, toMs: Math.max(fromMs, toMs), micros });
  if (activity.length < MOST_ACTIVITIES) return activity;
  const halved: BusyStretch[] = [];
  for (let index = 0; index < activity.length; index += 2) {
    const first = activity[index] as BusyStretch;
    const second = activity[index + 1];
    halved.push({
      fromMs: first.fromMs,
      toMs: second?.toMs ?? first.toMs,
      micros: first.micros + (second?.micros ?? 0),
    });
  }
  return halved;
}

/**
 * A result reports the whole time of its task at once: time that a piece cannot hold on `places` places was
 * before it. Time before the first piece is left out, so no piece is more than fully busy.
 */
export function spreadActivity(activity: readonly BusyStretch[], places: number): BusyStretch[] {
  const spread: BusyStretch[] = [];
  let earlier = 0;
  for (const { fromMs, toMs, micros } of activity.toReversed()) {
    const room = (toMs - fromMs) * 1_000 * places;
    const held = Math.min(room, micros + earlier);
    earlier += micros - held;
    spread.push({ fromMs, toMs, micros: held });
  }
  return spread.reverse();
}
