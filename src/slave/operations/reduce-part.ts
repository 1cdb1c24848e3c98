/** `ts-mw:reduce`: the elements of a part, or their keys, folded into one value. */

import { isThenable } from '../../algorithms/is-thenable.js';
import type { Columns, ReducePacket, TaskReference } from '../../algorithms/operations.js';
import { type Call, callOf } from './named-task.js';
import { partError } from './part-error.js';

/** From the end, the task's second argument is what was folded so far. `key` may be null. */
export async function reducePart(
  task: TaskReference,
  key: TaskReference | null,
  fromEnd: boolean,
  columns: Columns,
): Promise<ReducePacket> {
  const began = performance.now();
  const call = callOf(task);
  const keyOf: Call | undefined = key === null ? undefined : callOf(key);
  const length = columns[0]?.length ?? 0;
  let value: unknown;
  for (let step = 0; step < length; step++) {
    const offset = fromEnd ? length - 1 - step : step;
    let inKey = keyOf !== undefined;
    try {
      let next =
        keyOf === undefined ? columns[0]?.[offset] : keyOf(...columns.map((column) => column[offset]));
      if (isThenable(next)) next = await next;
      inKey = false;
      if (step === 0) {
        value = next;
        continue;
      }
      const folded = fromEnd ? call(next, value) : call(value, next);
      value = isThenable(folded) ? await folded : folded;
    } catch (thrown) {
      throw partError(thrown, offset, inKey);
    }
  }
  return [performance.now() - began, value];
}
