/** One of the bare processes: does what it is told, and answers with a number. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { BareOrder } from './bare-processes.js';
import { compute } from './collection-tasks.js';

process.on('message', (order: BareOrder) => process.send?.(carryOut(order)));

function carryOut(order: BareOrder): number {
  switch (order.kind) {
    case 'compute': {
      let last = 0;
      for (let n = 0; n < order.elements; n++) last = compute(order.steps);
      return last;
    }
    case 'read':
      return lastNumber(order.path);
    default:
      return order satisfies never;
  }
}

function lastNumber(path: string): number {
  const file = openSync(path, 'r');
  const bytes = new Uint8Array(fstatSync(file).size);
  readSync(file, bytes);
  closeSync(file);
  return new Float64Array(bytes.buffer).at(-1) ?? Number.NaN;
}
