/**
 * A flow of a thousand nested components, whose shape its first argument seeds. Each step is a task whose arguments are
 * its place and what came before. Its master prints each step as it learns of it, each winner of a race, and the sum at the
 * end; its slaves note each step that they have computed, with the run's name, in the file `FLOW_LOG`.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  atomic,
  defineAlgorithm,
  defineMaster,
  firstWins,
  initialize,
  parallel,
  sequential,
  spawnThread,
  taskContext,
} from 'ts-mw';
import { generator } from '../support/random.js';

const log = process.env.FLOW_LOG === undefined ? undefined : openSync(process.env.FLOW_LOG, 'a');

const step = defineAlgorithm('step', async (place: string, before: number) => {
  await pause(2);
  if (log !== undefined) writeSync(log, `${process.env.FLOW_RUN} ${place}\n`);
  return (before * 31 + place.length * 7 + 1) % 1_000_003;
});

/** Never ends, unless its master does not want it any more. */
const wait = defineAlgorithm('wait', async (place: string) => {
  await pause(600_000, place, { signal: taskContext().signal });
});

type Kind = 'step' | 'sequential' | 'parallel' | 'race' | 'first' | 'thread' | 'atomic';

interface Shape {
  readonly kind: Kind;
  readonly inside: Shape[];
}

const INNER: readonly Kind[] = [
  'sequential',
  'sequential',
  'parallel',
  'parallel',
  'first',
  'thread',
  'atomic',
];

/** A shape of `count` components, each of which is inside a random earlier one. */
function shapeOf(count: number, random: () => number): Shape {
  const root: Shape = { kind: 'sequential', inside: [] };
  const open: Shape[] = [root];
  for (let made = 1; made < count; made++) {
    const draw = (below: number): number => Math.floor(random() * below);
    // The newest, mostly, so that it gets deep
    const around = open[random() < 0.6 ? open.length - 1 : draw(open.length)] as Shape;
    const kind = random() < 0.5 ? 'step' : random() < 0.1 ? 'race' : (INNER[draw(INNER.length)] as Kind);
    const shape: Shape = { kind, inside: [] };
    around.inside.push(shape);
    if (kind !== 'step' && kind !== 'race') open.push(shape);
  }
  return root;
}

async function compute(shape: Shape, place: string, before: number): Promise<number> {
  const insides = shape.inside.map((one, index) => () => compute(one, `${place}.${index}`, before + index));
  const sum = (values: readonly number[]): number =>
    values.reduce((total, value) => (total * 17 + value) % 1_000_003, before);
  switch (shape.kind) {
    case 'step': {
      const value = await step.future(place, before);
      console.log('step', place, value);
      return value;
    }
    case 'sequential': {
      let last = before;
      const steps = shape.inside.map((one, index) => async () => {
        last = await compute(one, `${place}.${index}`, last);
      });
      await sequential(steps);
      return last;
    }
    case 'parallel':
      return sum(await parallel(insides, insides.length > 3 ? { limit: 3 } : {}));
    case 'thread':
      return sum(await Promise.all(insides.map((inside) => spawnThread(inside))));
    case 'atomic':
      return sum(await parallel(insides.map((inside) => () => atomic(inside))));
    case 'first':
      return firstWins({
        waits: () => wait.future(place).then(() => 0),
        fails: () => Promise.reject(new Error('of no interest')),
        counts: async () => sum(await parallel(insides)),
      });
    case 'race': {
      const winner = await firstWins(
        ['a', 'b'].map((name) => () => step.future(`${place}${name}`, 0).then(() => name)),
      );
      console.log('winner', place, winner);
      return before;
    }
    default:
      return shape.kind satisfies never;
  }
}

defineMaster(async ({ argv: [seed = '1', count = '1000'] }) => {
  const shape = shapeOf(Number(count), generator(Number(seed)));
  console.log('sum', await parallel({ all: () => compute(shape, 'x', 1) }).then(({ all }) => all));
  return 0;
});

await initialize();
