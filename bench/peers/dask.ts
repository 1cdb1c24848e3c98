/** Dask, whose program is `run_dask.py`. Arguments: how many worker processes, and the Python that has it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Measured, serveMeasurements } from '../programs/commands.js';
import { sourceFile } from './packages.js';

const [, , workers = '1', python = 'python3'] = process.argv;
const dask = spawn(python, [sourceFile('run_dask.py'), workers], { stdio: ['pipe', 'pipe', 'inherit'] });
const ended = once(dask, 'exit');
const lines = createInterface({ input: dask.stdout })[Symbol.asyncIterator]();
await read();
await serveMeasurements(async (measurement) => {
  dask.stdin.write(`${JSON.stringify(measurement)}\n`);
  return (await read()) as Measured;
});
dask.stdin.end();
await ended;

async function read(): Promise<unknown> {
  const { value, done } = await lines.next();
  if (done) throw new Error('Dask ended while it was measured');
  return JSON.parse(value);
}
