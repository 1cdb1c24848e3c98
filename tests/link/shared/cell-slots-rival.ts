/** A thread that writes two slots without a pause: each text can be told from its version. */

import { parentPort, workerData } from 'node:worker_threads';
import { CellSlots } from '../../../src/link/shared/cell-slots.js';

const slots = new CellSlots(workerData as SharedArrayBuffer);
parentPort?.postMessage('at work');
for (let version = 1; version <= 5_001; version++) {
  const text = String(version % 10).repeat(1 + (version % 4_000));
  for (const at of [1, 0]) slots.write(at, { version, text });
}
