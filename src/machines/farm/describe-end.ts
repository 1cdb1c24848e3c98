/** Says how a slave process ended. */

import type { ProcessEnd } from '../slave-process.js';

export function describeEnd({ code, signal, error }: ProcessEnd): string {
  if (error !== undefined) return `not started: ${error.message}`;
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}
