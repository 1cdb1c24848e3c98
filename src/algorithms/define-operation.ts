/** Enters an operation of the library in the registry, beside the program's algorithms. */

import { fingerprintOf } from './fingerprint.js';
import type { OperationName } from './operations.js';
import { DEFAULT_POLICY } from './policy.js';
import { registerOperation } from './registry.js';
import type { TaskFunction } from './types.js';

/** Master and slaves must have an equal `version`: raise it when arguments, packets or behaviour change. */
export function defineOperation(name: OperationName, version: number, fn: TaskFunction): void {
  registerOperation(
    Object.freeze({
      name,
      fn,
      policy: DEFAULT_POLICY,
      fingerprint: fingerprintOf(fn, `${name} ${version}`),
      checkpoint: true,
      place: 'the library',
    }),
  );
}
