/** `ts-mw:map`: the values of a task for the elements of a part. */

import type { Columns, Failure, MapPacket, OnError, TaskReference } from '../../algorithms/operations.js';
import { callOf, isThenable } from './named-task.js';
import { walkPart } from './walk-part.js';

/** Without columns, the task is called `length` times with no argument. */
export function mapPart(
  task: TaskReference,
  onError: OnError,
  columns: Columns | number,
): MapPacket | Promise<MapPacket> {
  const began = performance.now();
  const call = callOf(task);
  const isThunk = typeof columns === 'number';
  const length = isThunk ? columns : (columns[0]?.length ?? 0);
  const values: unknown[] = new Array(length).fill(undefined);
  const packetOf = (failures: readonly Failure[]): MapPacket => {
    const ms = performance.now() - began;
    return failures.length === 0 ? [ms, values] : [ms, values, failures];
  };
  const failures = walkPart({
    call: isThunk ? () => call() : call,
    columns: isThunk ? [{ length }] : columns,
    onError,
    take: (value, offset) => {
      values[offset] = value;
      return false;
    },
  });
  return isThenable(failures) ? failures.then(packetOf) : packetOf(failures);
}
