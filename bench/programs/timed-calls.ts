/** Times calls over collections, and checks what they return. */

import assert from 'node:assert/strict';
import { compute } from './collection-tasks.js';
import type { CollectionMeasurement, Measured } from './commands.js';

type OneCall = Extract<CollectionMeasurement, { kind: 'map' | 'map-reduce' | 'compute' }>;

export async function timeCall(
  measurement: OneCall,
  call: () => Promise<number | readonly number[]>,
): Promise<Measured> {
  const began = performance.now();
  const result = await call();
  const seconds = (performance.now() - began) / 1000;
  check(measurement, result);
  return { seconds, micros: [] };
}

function check(measurement: OneCall, result: number | readonly number[]): void {
  const { kind, elements } = measurement;
  if (kind === 'map-reduce') {
    assert.equal(result, (elements * (elements + 1)) / 2);
    return;
  }
  const values = result as readonly number[];
  assert.equal(values.length, elements);
  const same = kind === 'compute' ? compute(measurement.steps) : undefined;
  for (const [index, value] of values.entries()) assert.equal(value, same ?? index + 1);
}

/** The next values of an iteration over `n + 1`. */
export async function timeValues(iterator: AsyncIterator<number>, elements: number): Promise<Measured> {
  const began = performance.now();
  let before: number | undefined;
  for (let count = 0; count < elements; count++) {
    const { value } = await iterator.next();
    if (before !== undefined && value !== before + 1) throw new Error(`${value} came after ${before}`);
    before = value;
  }
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}
