/**
 * Bounds of the machine: as many processes as a master has slaves, which compute their half or read a file, and nothing
 * else. The argument is their number.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CollectionMeasurement, type Measured, serveMeasurements } from './commands.js';

/** An order to a bare process, whose answer is a number. */
export type BareOrder =
  | { readonly kind: 'compute'; readonly elements: number; readonly steps: number }
  /** Its last number, read into memory that the process has not had. */
  | { readonly kind: 'read'; readonly path: string };

const PROGRAM = fileURLToPath(new URL('bare-process.js', import.meta.url));

const processes = Array.from({ length: Number(process.argv[2]) }, () => fork(PROGRAM));
const folder = mkdtempSync(join(tmpdir(), 'ts-mw-bench-'));
let files = 0;
try {
  await serveMeasurements(measure);
} finally {
  for (const one of processes) one.disconnect();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(measurement: CollectionMeasurement): Promise<Measured> {
  switch (measurement.kind) {
    case 'compute': {
      const elements = measurement.elements / processes.length;
      return timeAll({ kind: 'compute', elements, steps: measurement.steps });
    }
    case 'share': {
      const path = join(folder, 'numbers');
      writeFileSync(path, new Float64Array(measurement.bytes / 8).fill(++files));
      return timeAll({ kind: 'read', path }, files);
    }
    default:
      throw new Error(`a bare process knows no ${measurement.kind}`);
  }
}

async function timeAll(order: BareOrder, expected?: number): Promise<Measured> {
  const began = performance.now();
  const answers = await Promise.all(processes.map((one) => ask(one, order)));
  const seconds = (performance.now() - began) / 1000;
  if (expected !== undefined) for (const answer of answers) assert.equal(answer, expected);
  return { seconds, micros: [] };
}

async function ask(one: ChildProcess, order: BareOrder): Promise<unknown> {
  one.send(order);
  const [answer] = await once(one, 'message');
  return answer;
}
