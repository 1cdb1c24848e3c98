/** Types of shared values as arguments of calls over collections: the right calls compile, and each wrong one must not. */
import { makeChannel, plet, type Shared, share, speculate } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';

const table = defineAlgorithm('shared-types.table', (rows: Float64Array, row: number) => rows.length + row);
const identity = defineAlgorithm('shared-types.identity', <T>(value: T) => value);

/** Compiled and never run: the compiler is the test. */
export async function calls(rows: Shared<Float64Array>): Promise<void> {
  const channel = makeChannel<number>();
  await channel.submitTask(table, rows, 3);
  await channel.submitTask(table, new Float64Array(3), 3);
  await channel.submitTask(identity, 3);
  const sum: number = await speculate(table, rows, 1);
  const { a } = await plet({ a: [table, rows, sum] });
  a.toFixed();
  // @ts-expect-error another type
  await channel.submitTask(table, share(3), 3);
  // @ts-expect-error a wrong argument beside it
  await channel.submitTask(table, rows, 'x');
  // @ts-expect-error another type
  await plet({ a: [table, share(1), 1] });
  // @ts-expect-error another type
  speculate(table, share('x'), 1);
}

const test = suite('types of shared values');

test('they compile', () => assert.type(calls, 'function'));

test.run();
