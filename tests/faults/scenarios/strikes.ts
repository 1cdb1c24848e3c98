/** Faults of a way to a broker or to a data port. */

import type { Part } from '../faulty-way.js';
import type { Trouble } from '../lane.js';
import type { Stage } from '../stage.js';
import { pass, until } from '../support.js';

/** A data port is dialled again after a minute at the latest, and an attempt may fail on a busy machine. */
const CONNECTED_WITHIN_MS = 150_000;

/** Cuts it so often, each time with data under way. */
export async function cuts(stage: Stage, cut: () => void, times = 1): Promise<void> {
  const { way } = stage;
  const all = way.connections;
  for (let i = 0; i < times; i++) {
    await until('all connections', () => way.connections >= all || undefined, CONNECTED_WITHIN_MS);
    const { bytes } = way;
    await until('traffic', () => way.bytes > bytes + 200_000 || undefined);
    cut();
  }
  await stage.allBackToWork();
}

/** Every connection of the way is torn, and made again. */
export async function cutsInside(stage: Stage, part: Part): Promise<void> {
  const { way } = stage;
  const { taken } = way;
  const torn = way.cutInside(part);
  await until('torn connections', () => way.taken >= taken + torn || undefined);
  await stage.allBackToWork();
}

/** For so long. */
export async function suffers(stage: Stage, ms: number, trouble: Trouble, part: Part = {}): Promise<void> {
  stage.way.impose(trouble, part);
  await pass(ms);
  stage.way.resume();
  await stage.allBackToWork();
}
