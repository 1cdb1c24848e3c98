/** How much of its life a slave computed, piece by piece, as its results tell it. */

/** How much of a time a slave computed, on all its places together. */
export interface BusyStretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly micros: number;
}

/** Pieces of a slave's line in a drawing. */
const MOST_ACTIVITIES = 256;

/** One piece more, up to `toMs`; the list goes without a gap from `startMs` on. Clocks are set back at times. */
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
 * A result tells at once of all the time that its task took: what a piece cannot hold on `places` places was
 * before it. What was before the first piece is left out, so that no piece is more than wholly busy.
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
