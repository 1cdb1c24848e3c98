/** Decides on which machines slaves are started: where the smallest part of the slots is taken. */

/** A machine with room for slaves. */
export interface Room {
  readonly slots: number;
  /** Slaves that it has. */
  readonly slaves: number;
}

/** The machines, by their index, that get one slave more each, in order; fewer than `count` if there are no more slots. */
export function placeSlaves(rooms: readonly Room[], count: number): number[] {
  const slaves = rooms.map((room) => room.slaves);
  const placed: number[] = [];
  while (placed.length < count) {
    let best: number | undefined;
    for (const [index, { slots }] of rooms.entries()) {
      if ((slaves[index] as number) >= slots) continue;
      if (best === undefined || share(index) < share(best)) best = index;
    }
    if (best === undefined) break;
    slaves[best] = (slaves[best] as number) + 1;
    placed.push(best);
  }
  return placed;

  function share(index: number): number {
    return ((slaves[index] as number) + 1) / (rooms[index] as Room).slots;
  }
}
