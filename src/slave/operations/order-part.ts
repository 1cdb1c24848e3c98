/**
 * `ts-mw:sort` and `ts-mw:merge`: the order of elements by a comparing task. They return where each element
 * belongs, not the elements, which the master has.
 */

import { isThenable } from '../../algorithms/is-thenable.js';
import type { OrderPacket, TaskReference } from '../../algorithms/operations.js';
import { callOf } from './named-task.js';

type Compare = (a: number, b: number) => number;

/** Stable. `key` may be null. */
export async function sortPart(
  task: TaskReference,
  key: TaskReference | null,
  items: ArrayLike<unknown>,
): Promise<OrderPacket> {
  const began = performance.now();
  const compare = compareBy(task, await keysOf(key, items));
  const order = Uint32Array.from({ length: items.length }, (_, offset) => offset);
  order.sort(compare);
  return [performance.now() - began, order];
}

/** Of equal elements, those of `left` come first. */
export async function mergeParts(
  task: TaskReference,
  key: TaskReference | null,
  left: ArrayLike<unknown>,
  right: ArrayLike<unknown>,
): Promise<OrderPacket> {
  const began = performance.now();
  const keys = [...(await keysOf(key, left)), ...(await keysOf(key, right))];
  const compare = compareBy(task, keys);
  const order = new Uint32Array(keys.length);
  let l = 0;
  let r = left.length;
  for (let at = 0; at < order.length; at++) {
    const takesRight = l === left.length || (r < keys.length && compare(l, r) > 0);
    order[at] = takesRight ? r++ : l++;
  }
  return [performance.now() - began, order];
}

async function keysOf(key: TaskReference | null, items: ArrayLike<unknown>): Promise<readonly unknown[]> {
  if (key === null) return Array.from(items);
  const keyOf = callOf(key);
  const keys: unknown[] = [];
  for (let offset = 0; offset < items.length; offset++) keys.push(await keyOf(items[offset]));
  return keys;
}

function compareBy(task: TaskReference, keys: readonly unknown[]): Compare {
  const call = callOf(task);
  return (a, b) => {
    const [left, right] = [keys[a], keys[b]];
    // As Array.sort, which does not ask about them
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    const sign = call(left, right);
    if (typeof sign === 'number') return sign;
    throw new TypeError(
      `the task of psort returns a number, as a comparator does; it returned ${isThenable(sign) ? 'a promise' : typeof sign}`,
    );
  };
}
