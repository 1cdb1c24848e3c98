/** The cost to encode and decode large values, as a ratio to structuredClone in the same run. */

import { decodeText, encodeValue } from '../src/wire/values/codec.js';
import { median } from './statistics.js';

const MEMBERS = 100_000;
/** Members that are objects with bytes of their own: each costs far more than another member. */
const VIEWS = 10_000;

export interface ValueRow {
  readonly kind: string;
  readonly members: number;
  /** Of encodeValue and decodeText together. */
  readonly codecMs: number;
  readonly structuredCloneMs: number;
  readonly ratio: number;
}

type Make = (index: number) => unknown;

function list(make: Make, length = MEMBERS): unknown[] {
  return Array.from({ length }, (_, index) => make(index));
}

const at: Make = (index) => new Date(index * 1_000);

const VALUES: Readonly<Record<string, readonly [members: number, value: () => unknown]>> = {
  'plain objects': [MEMBERS, () => list((i) => ({ id: i, name: `row ${i}`, done: i % 2 === 0 }))],
  'nested arrays': [MEMBERS, () => list((i) => [i, [i + 1, [i + 2]]])],
  'Map of Dates in objects': [MEMBERS, () => new Map(list((i) => [i, { d: at(i) }]) as [unknown, unknown][])],
  'Set of strings': [MEMBERS, () => new Set(list((i) => `member ${i}`))],
  Dates: [MEMBERS, () => list(at)],
  undefined: [MEMBERS, () => list(() => undefined)],
  BigInts: [MEMBERS, () => list((i) => BigInt(i) ** 3n)],
  'typed arrays': [VIEWS, () => list((i) => new Float64Array([i, i + 1]), VIEWS)],
  mixed: [
    MEMBERS,
    () => list((i) => [i, `text ${i}`, at(i), BigInt(i), undefined, { i, n: null }, Number.NaN][i % 7]),
  ],
};

export function measureValues({ repeats }: { repeats: number }): ValueRow[] {
  return Object.entries(VALUES).map(([kind, [members, make]]) => {
    const value = make();
    const codec: number[] = [];
    const cloned: number[] = [];
    // In turn, so that what else the machine does meets both; the first round warms up.
    for (let round = 0; round <= repeats; round++) {
      const codecMs = timed(() => {
        const { text, raws } = encodeValue(value);
        decodeText(text, raws);
      });
      const structuredCloneMs = timed(() => structuredClone(value));
      if (round === 0) continue;
      codec.push(codecMs);
      cloned.push(structuredCloneMs);
    }
    const [codecMs, structuredCloneMs] = [median(codec), median(cloned)];
    return { kind, members, codecMs, structuredCloneMs, ratio: codecMs / structuredCloneMs };
  });
}

function timed(run: () => unknown): number {
  const before = performance.now();
  run();
  return performance.now() - before;
}

export function valueLine({ kind, members, codecMs, structuredCloneMs, ratio }: ValueRow): string {
  const of = `${members.toLocaleString('en')} ${kind}`.padEnd(34);
  return `${of} ${codecMs.toFixed(1).padStart(8)} ms, structuredClone ${structuredCloneMs.toFixed(1).padStart(7)} ms, ratio ${ratio.toFixed(2)}`;
}
