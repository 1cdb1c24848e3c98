/** `ts-mw:map`: the values of a task for the elements of a part. */

import { isThenable } from '../../algorithms/is-thenable.js';
import { packedList } from '../../algorithms/number-list.js';
import type { Columns, Failure, MapPacket, OnError, TaskReference } from '../../algorithms/operations.js';
import { callOf } from './named-task.js';
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
  // Grows: an array of a given length is one with holes for V8, and JSON of it takes twice as long
  const values: unknown[] = [];
  const packetOf = (failures: readonly Failure[]): MapPacket => {
    padTo(values, length);
    const packed = packedList(values);
    const ms = performance.now() - began;
    return failures.length === 0 ? [ms, packed] : [ms, packed, failures];
  };
  const failures = walkPart({
    call: isThunk ? () => call() : call,
    columns: isThunk ? [{ length }] : columns,
    onError,
    take: (value, offset) => {
      if (offset > values.length) padTo(values, offset);
      values.push(value);
      return false;
    },
  });
  return isThenable(failures) ? failures.then(packetOf) : packetOf(failures);
}

/** In the places of elements that threw. */
function padTo(values: unknown[], length: number): void {
  while (values.length < length) values.push(undefined);
}
