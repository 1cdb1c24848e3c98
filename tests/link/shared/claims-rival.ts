/** A thread that takes back and cancels tasks while main offers and begins them. */

import { parentPort, workerData } from 'node:worker_threads';
import { Claims } from '../../../src/link/shared/claims.js';

const { buffer, progress, generation, tasks } = workerData as {
  buffer: SharedArrayBuffer;
  progress: Int32Array;
  generation: number;
  tasks: number;
};
const claims = new Claims(buffer);
const withdrawn = new Uint8Array(tasks);
let state = 1;
parentPort?.postMessage('at work');
while (Atomics.load(progress, 1) === 0) {
  state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
  // Around main's place: begun, waiting and not arrived tasks alike.
  const from = Math.min(tasks - 1, Atomics.load(progress, 0) + (state % 97));
  const to = Math.min(tasks, from + (state % 7));
  if (state % 2 === 0) {
    const first = claims.takeBack(generation, from, to);
    for (let i = first; i < to; i += 1) withdrawn[i] = 1;
  } else if (claims.cancel(generation, from) === 'waiting') {
    withdrawn[from] = 1;
  }
}
parentPort?.postMessage(withdrawn);
