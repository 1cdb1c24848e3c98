/** Measures a peer of which a task is a call that gives a promise. */

import { type Measured, type Measurement, serveMeasurements, timeRounds } from '../programs/commands.js';

type Call = (n: number) => Promise<unknown>;

export async function serveCalls(call: Call): Promise<void> {
  await serveMeasurements((measurement) => measure(call, measurement));
}

async function measure(call: Call, measurement: Measurement): Promise<Measured> {
  const began = performance.now();
  switch (measurement.kind) {
    case 'bulk':
      await Promise.all(Array.from({ length: measurement.tasks }, (_, n) => checked(call, n)));
      break;
    case 'window': {
      let next = 0;
      const turns = async (): Promise<void> => {
        while (next < measurement.tasks) await checked(call, next++);
      };
      await Promise.all(Array.from({ length: measurement.outstanding }, turns));
      break;
    }
    case 'sequential':
      return timeRounds(measurement.rounds, (round) => checked(call, round));
    default:
      throw new Error(`a peer is not measured by ${measurement.kind}`);
  }
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}

async function checked(call: Call, n: number): Promise<void> {
  const result = await call(n);
  if (result !== n) throw new Error(`the task ${n} came back as ${String(result)}`);
}
