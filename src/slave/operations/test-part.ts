/** `ts-mw:test`: the elements of a part for which a task says true. */

import { isThenable } from '../../algorithms/is-thenable.js';
import type { Columns, Extent, TaskReference, TestPacket } from '../../algorithms/operations.js';
import { callOf } from './named-task.js';
import { walkPart } from './walk-part.js';

export function testPart(
  task: TaskReference,
  extent: Extent,
  columns: Columns,
): TestPacket | Promise<TestPacket> {
  const began = performance.now();
  const wanted = extent !== 'not';
  const endsAtFirst = extent === 'first' || extent === 'not';
  const found: number[] = [];
  let count = 0;
  const walked = walkPart({
    call: callOf(task),
    columns,
    onError: 'stop',
    take: (value, offset) => {
      if (Boolean(value) !== wanted) return false;
      if (extent === 'count') count++;
      else found.push(offset);
      return endsAtFirst;
    },
  });
  const packetOf = (): TestPacket => [performance.now() - began, extent === 'count' ? count : found];
  return isThenable(walked) ? walked.then(packetOf) : packetOf();
}
