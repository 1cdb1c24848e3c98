/** A master without slaves, whose tasks stay queued: for the memory that they take. */

import { defineAlgorithm, master } from '../../src/index.js';
import { serveMeasurements } from './commands.js';

const noOp = defineAlgorithm('no-op', (n: number) => n);

const embedded = await master();
try {
  await serveMeasurements(async (measurement) => {
    if (measurement.kind !== 'bulk') throw new Error('tasks are queued in bulk');
    const began = performance.now();
    for (let i = 0; i < measurement.tasks; i++) noOp.funcall(i);
    return { seconds: (performance.now() - began) / 1000, micros: [] };
  });
} finally {
  await embedded.stop();
}
